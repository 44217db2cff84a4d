/** What do the pages say in English? */

import { enErrors } from "./en_errors.ts";

const tooMany = (seconds: number): string => `Too many tries. ${enErrors.again(seconds)}`;

/** Every word of every page. What varies is a parameter. */
export const en = {
  documentTitle: (page: string, site: string): string => `${page} – ${site}`,
  documentTitleWithProblem: (page: string, site: string): string => `Problem: ${page} – ${site}`,
  client: {
    website: "Website",
    policy: "Privacy policy",
    terms: "Terms of service",
  },
  person: { signedInAs: "Signed in as" },
  login: {
    title: "Sign in",
    purpose: (client: string): string => `to continue to ${client}`,
    purposeAccount: "to see your account",
    againTitle: "Confirm that it’s you",
    again: (client: string | undefined): string =>
      client === undefined
        ? "Sign in once more to see your account"
        : `Sign in once more to continue to ${client}`,
    continueAs: (name: string): string => `Continue as ${name}`,
    or: "or use another account",
    username: "Username",
    password: "Password",
    submit: "Sign in",
    cancel: "Cancel",
    problem: {
      wrong: "That username and password don’t match. Check both and try again.",
      empty: "Enter your username and your password.",
      wait: tooMany,
    },
  },
  home: {
    title: "This is where you sign in",
    purpose:
      "Applications send you here when they need to know who you are, and you go back to them from here.",
    account: "Your account",
    accountDetail: "Which applications have access, and where you’re signed in",
    device: "Connect a device",
    deviceDetail: "Type in the code that your TV or another device shows",
    metadata: "For developers: what this server offers",
  },
  consent: {
    title: (client: string): string => `${client} asks for access`,
    asks: "If you allow it, the application can:",
    host: (host: string): string => `Your answer goes to ${host}.`,
    removable: (site: string): string =>
      `You can remove this access at any time under “Your account” on ${site}.`,
    remember: "Remember that I allow this",
    allow: "Allow",
    deny: "Don’t allow",
  },
  account: {
    title: "Your account",
    applications: "Applications with access",
    effect:
      "Removing access ends it here at once; an application that doesn’t check back with us may notice a little later, when its token runs out.",
    empty: "No application has access to your account. Those that you give access appear here.",
    since: "Access since",
    allowed: "Allowed on",
    used: "Last used on",
    idle: "Gets access again without asking you.",
    offline: "Keeps its access while you’re away.",
    remembered: "Doesn’t ask you again.",
    device: "Connect a device",
    scopes: "What it can do",
    remove: "Remove access",
    removeFrom: (client: string): string => `Remove access for ${client}`,
    removedTitle: "Access removed",
    removed: (client: string): string => `${client} no longer has access.`,
    removedEffect: (asks: boolean): string =>
      asks
        ? "Its tokens don’t work here any more, and next time you are asked again."
        : "Its tokens don’t work here any more. It gets access again when you next use it: it belongs to this site, so you aren’t asked.",
    sessions: {
      title: "Where you’re signed in",
      effect:
        "Signing out ends what applications got with it, save the access that you let them keep while you’re away.",
      here: "This device",
      unknown: "Unknown device",
      since: "Signed in",
      seen: "Last active",
      justNow: "just now",
      signOut: "Sign out",
      signOutHere: "Sign out on this device",
      signOutFrom: (device: string): string => `Sign out on ${device}`,
      signOutOthers: "Sign out on all other devices",
      signOutEverywhere: "Sign out everywhere",
      endedTitle: "Signed out",
      ended: {
        one: "That device is signed out.",
        others: "All other devices are signed out.",
      },
    },
  },
  device: {
    title: "Connect a device",
    purpose: "Type in the code that your device shows.",
    compare: "Does your device show exactly this code? Go on only if it does.",
    code: "Code on your device",
    submit: "Continue",
    problem: {
      malformed:
        "That is no code. A code has eight letters, such as WDJB-MJHT. Look at your device and try again.",
      unknown:
        "No device waits for this code. Compare it with your device. A code is good once and for a few minutes only: have the device show a new one if need be.",
      wait: tooMany,
    },
  },
  deviceConfirm: {
    title: (client: string): string => `Connect ${client}?`,
    warning: "Allow this only if you started it yourself",
    phishing:
      "Go on only if you began this a moment ago on a device in front of you. If somebody sent you a code or a link, by mail, phone or chat, they want to get into your account: don’t allow it.",
    elsewhere:
      "The device isn’t in the network that you are in. That is usual where one of the two uses mobile data; otherwise don’t allow it.",
    code: "Your device has to show this code",
    another: "Use another account",
    forbidden: (client: string): string =>
      `Your account may not use ${client}. Use another account, or ask those who run it to let you in.`,
  },
  deviceDone: {
    approved: {
      title: "You can go back to your device",
      hint: (client: string): string =>
        `${client} is connected and goes on by itself in a few seconds. You can close this window.`,
    },
    denied: {
      title: "Nothing was granted",
      hint: (client: string): string =>
        `${client} doesn’t get access, and its code is no longer good. You can close this window.`,
    },
    forbidden: {
      title: "Nothing was granted",
      hint: (client: string): string =>
        `Your account may not use ${client}. Ask those who run it to let you in.`,
    },
  },
  logout: {
    title: "Do you want to sign out?",
    own: "You are signed in with this browser.",
    asked: (client: string): string => `${client} asks us to sign you out.`,
    effect: (site: string): string =>
      `You are then signed out of ${site}, and the applications that you used with it are told.`,
    confirm: "Sign out",
    cancel: "Stay signed in",
  },
  loggedOut: {
    title: "You’re signed out",
    hint: "You can close this window now.",
    telling: "We’re telling the applications that you used. This takes a moment.",
    back: (client: string): string => `Continue to ${client}`,
  },
  scope: {
    openid: { title: "Know who you are", detail: "It can tell that it’s you when you come back." },
    profile: {
      title: "See your profile",
      detail: "Your name, picture, birthday, language and so on.",
    },
    email: { title: "See your email address", detail: "And whether it is confirmed." },
    address: { title: "See your postal address", detail: "" },
    phone: { title: "See your phone number", detail: "And whether it is confirmed." },
    offline_access: {
      title: "Keep this access while you’re away",
      detail: "Even after you have signed out, until you remove it.",
    },
    otherIdentity: (name: string): string => `See this about you: ${name}`,
    otherApi: (name: string): string => `Use this in your name: ${name}`,
  },
  formPost: {
    title: "Taking you back",
    hint: "If nothing happens, press the button.",
    submit: "Continue",
  },
  checked: {
    title: "It stands in the log now",
    hint:
      "What was wrong with the request is for those who run this site alone. In the log they find it under this reference.",
  },
  error: enErrors,
};

/** What a catalogue of another language has to have. */
export type Messages = typeof en;
