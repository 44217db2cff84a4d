/** What do the pages say in English of what went wrong? */

/** Every word of the error pages. What varies is a parameter. */
export const enErrors = {
  turn: "Whose turn it is",
  whose: {
    person: "Yours",
    developers: "The application’s developers",
    operators: "Those who run this site",
  },
  code: "Error code",
  trace: "Reference",
  again: (seconds: number): string =>
    seconds === 1 ? "Wait a second, then try again." : `Wait ${seconds} seconds, then try again.`,
  back: (client: string): string => `Back to ${client}`,
  check: "For those who run this site: write the details to the log",
  explanation: {
    client: {
      title: "This application isn’t known here",
      happened: "The application that sent you here isn’t registered, or it has been switched off.",
      turn:
        "You can’t put this right, and trying again won’t help. Please tell those who make the application, and give them the reference below.",
    },
    redirect_uri: {
      title: "We can’t send you back safely",
      happened: "The application wants the answer sent to an address that isn’t registered for it.",
      turn:
        "You can’t put this right, and trying again won’t help. Please tell those who make the application, and give them the reference below.",
    },
    request: {
      title: "That request makes no sense to us",
      happened:
        "The application that sent you here has left something out, said it twice or in a wrong way, so nothing was done.",
      turn:
        "Go back to the application and try again. If it happens again, tell those who make it, and give them the reference below.",
    },
    request_object: {
      title: "We can’t read that request",
      happened:
        "The application that sent you here has signed its request in a way that we can’t verify, so nothing was done.",
      turn:
        "Go back to the application and try again. If it happens again, tell those who make it, and give them the reference below.",
    },
    logout: {
      title: "We didn’t sign you out",
      happened:
        "The application that sent you here asked for it in a way that we can’t rely on, so nothing was done.",
      turn:
        "To sign out, go to “Your account” on this site. Please tell those who make the application.",
    },
    post_logout_redirect_uri: {
      title: "We didn’t sign you out",
      happened:
        "The application wants you sent on to an address that isn’t registered for it, so nothing was done.",
      turn:
        "To sign out, go to “Your account” on this site. Please tell those who make the application.",
    },
    interaction_unknown: {
      title: "We don’t know this sign-in",
      happened:
        "It was finished or given up a while ago, or the address isn’t complete. Your account is safe.",
      turn: "Go back to the application and sign in from there.",
    },
    interaction_foreign: {
      title: "This sign-in belongs to another browser",
      happened:
        "It was begun in another browser or a private window, or this one doesn’t keep cookies. Your account is safe.",
      turn:
        "Go on where you began, or go back to the application and sign in from there. Cookies have to be allowed.",
    },
    interaction_expired: {
      title: "This sign-in took too long",
      happened: "For your safety it ended after a while without you. Your account is safe.",
      turn: "Go back to the application and sign in from there once more.",
    },
    interaction_answered: {
      title: "This sign-in is finished",
      happened:
        "The application has its answer already, perhaps from another tab. Nothing is left to do here.",
      turn: "Go back to the application. If it doesn’t know you, sign in from there once more.",
    },
    device_lost: {
      title: "This code is no longer good",
      happened:
        "It has expired or was answered already, perhaps in another tab or by somebody else. Nothing was done just now.",
      turn: "If your device still waits, have it show a new code and begin again with that.",
    },
    pushed_request: {
      title: "This sign-in can’t be used again",
      happened:
        "It took too long to begin, or it was finished already, perhaps in another tab. Your account is safe.",
      turn: "Go back to the application and sign in from there once more.",
    },
    session: {
      title: "That page was out of date",
      happened: "Your sign-in changed after the page was loaded, so nothing was done.",
      turn: "Go back, reload the page and try again. Cookies have to be allowed.",
    },
    form: {
      title: "We can’t use what was sent",
      happened: "Something in it is missing, doubled or malformed, so nothing was done.",
      turn: "Go back, reload the page and try again.",
    },
    other_site: {
      title: "That didn’t come from our page",
      happened: "Another site sent a form here in your name, so nothing was done.",
      turn:
        "If you didn’t mean to do anything here, close this page: your account is safe. Otherwise go back and try again.",
    },
    not_found: {
      title: "There is nothing here",
      happened: "The address is wrong, or the page has moved.",
      turn: "Check the address, or go back to where you came from.",
    },
    method_not_allowed: {
      title: "There is nothing to see here",
      happened: "This address is for applications, or it was opened in a way that it isn’t for.",
      turn: "Go back to where you came from.",
    },
    too_many: {
      title: "That was a little too often",
      happened: "So much came from here in a short time that we stopped for a moment.",
      turn: "Wait a minute, then try again.",
    },
    unavailable: {
      title: "We’ll be right back",
      happened: "Something that we need doesn’t answer at the moment. Nothing was lost.",
      turn: "Try again in a minute.",
    },
    check: {
      title: "This link can’t be used",
      happened: "It is good for a quarter of an hour, and only on the site that it is from.",
      turn:
        "Have the application send you here once more, and follow the link on the page that you see then.",
    },
    server: {
      title: "Something went wrong on our side",
      happened: "It isn’t your fault, and nothing was done halfway.",
      turn: "Try again. If it happens again, give the reference below to those who run this site.",
    },
  },
};

/** What a catalogue of another language has to have. */
export type ErrorMessages = typeof enErrors;
