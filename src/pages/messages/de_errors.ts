/** What do the pages say in German of what went wrong? */

import type { ErrorMessages } from "./en_errors.ts";

/** Every word of the error pages. What varies is a parameter. */
export const deErrors = {
  turn: "Wer dran ist",
  whose: {
    person: "Sie",
    developers: "Die Entwickler der Anwendung",
    operators: "Die Betreiber dieser Seite",
  },
  code: "Fehlercode",
  trace: "Referenz",
  again: (seconds) =>
    seconds === 1
      ? "Warten Sie eine Sekunde und versuchen Sie es dann noch einmal."
      : `Warten Sie ${seconds} Sekunden und versuchen Sie es dann noch einmal.`,
  back: (client) => `Zurück zu ${client}`,
  check: "Für die Betreiber dieser Seite: die Einzelheiten ins Log schreiben",
  explanation: {
    client: {
      title: "Diese Anwendung ist hier nicht bekannt",
      happened: "Die Anwendung, von der Sie kommen, ist nicht registriert oder wurde abgeschaltet.",
      turn:
        "Sie selbst können das nicht beheben, und ein neuer Versuch hilft nicht. Bitte sagen Sie den Entwicklern der Anwendung Bescheid, und nennen Sie ihnen die Referenz unten.",
    },
    redirect_uri: {
      title: "Wir können Sie nicht sicher zurückschicken",
      happened:
        "Die Anwendung möchte die Antwort an eine Adresse haben, die für sie nicht registriert ist.",
      turn:
        "Sie selbst können das nicht beheben, und ein neuer Versuch hilft nicht. Bitte sagen Sie den Entwicklern der Anwendung Bescheid, und nennen Sie ihnen die Referenz unten.",
    },
    request: {
      title: "Diese Anfrage verstehen wir nicht",
      happened:
        "Die Anwendung, von der Sie kommen, hat etwas ausgelassen, doppelt oder falsch angegeben; deshalb ist nichts geschehen.",
      turn:
        "Gehen Sie zurück zur Anwendung und versuchen Sie es noch einmal. Wenn es wieder geschieht, sagen Sie ihren Entwicklern Bescheid, und nennen Sie ihnen die Referenz unten.",
    },
    request_object: {
      title: "Wir können diese Anfrage nicht lesen",
      happened:
        "Die Anwendung, von der Sie kommen, hat ihre Anfrage auf eine Weise unterschrieben, die wir nicht prüfen können; deshalb ist nichts geschehen.",
      turn:
        "Gehen Sie zurück zur Anwendung und versuchen Sie es noch einmal. Wenn es wieder geschieht, sagen Sie ihren Entwicklern Bescheid, und nennen Sie ihnen die Referenz unten.",
    },
    logout: {
      title: "Wir haben Sie nicht abgemeldet",
      happened:
        "Die Anwendung, von der Sie kommen, hat auf eine Weise darum gebeten, auf die wir uns nicht verlassen können; deshalb ist nichts geschehen.",
      turn:
        "Abmelden können Sie sich unter „Ihr Konto“ auf dieser Seite. Bitte sagen Sie den Entwicklern der Anwendung Bescheid.",
    },
    post_logout_redirect_uri: {
      title: "Wir haben Sie nicht abgemeldet",
      happened:
        "Die Anwendung möchte Sie an eine Adresse weiterschicken, die für sie nicht registriert ist; deshalb ist nichts geschehen.",
      turn:
        "Abmelden können Sie sich unter „Ihr Konto“ auf dieser Seite. Bitte sagen Sie den Entwicklern der Anwendung Bescheid.",
    },
    interaction_unknown: {
      title: "Diese Anmeldung kennen wir nicht",
      happened:
        "Sie wurde vor einer Weile abgeschlossen oder aufgegeben, oder die Adresse ist unvollständig. Ihr Konto ist sicher.",
      turn: "Gehen Sie zurück zur Anwendung und melden Sie sich von dort aus an.",
    },
    interaction_foreign: {
      title: "Diese Anmeldung gehört zu einem anderen Browser",
      happened:
        "Sie wurde in einem anderen Browser oder einem privaten Fenster begonnen, oder dieser behält keine Cookies. Ihr Konto ist sicher.",
      turn:
        "Machen Sie dort weiter, wo Sie begonnen haben, oder gehen Sie zurück zur Anwendung und melden Sie sich von dort aus an. Cookies müssen erlaubt sein.",
    },
    interaction_expired: {
      title: "Diese Anmeldung hat zu lange gedauert",
      happened:
        "Zu Ihrer Sicherheit ist sie nach einer Weile ohne Sie zu Ende gegangen. Ihr Konto ist sicher.",
      turn: "Gehen Sie zurück zur Anwendung und melden Sie sich von dort aus noch einmal an.",
    },
    interaction_answered: {
      title: "Diese Anmeldung ist abgeschlossen",
      happened:
        "Die Anwendung hat ihre Antwort schon, vielleicht aus einem anderen Tab. Hier gibt es nichts mehr zu tun.",
      turn:
        "Gehen Sie zurück zur Anwendung. Wenn sie Sie nicht kennt, melden Sie sich von dort aus noch einmal an.",
    },
    device_lost: {
      title: "Dieser Code gilt nicht mehr",
      happened:
        "Er ist abgelaufen oder wurde schon beantwortet, vielleicht in einem anderen Tab oder von jemand anderem. Gerade eben ist nichts geschehen.",
      turn:
        "Wenn Ihr Gerät noch wartet, lassen Sie es einen neuen Code anzeigen und beginnen Sie damit von vorn.",
    },
    pushed_request: {
      title: "Diese Anmeldung gilt nicht mehr",
      happened:
        "Sie wurde zu spät begonnen oder war schon abgeschlossen, vielleicht in einem anderen Tab. Ihr Konto ist sicher.",
      turn: "Gehen Sie zurück zur Anwendung und melden Sie sich von dort aus noch einmal an.",
    },
    session: {
      title: "Diese Seite war veraltet",
      happened:
        "Ihre Anmeldung hat sich geändert, nachdem die Seite geladen war; deshalb ist nichts geschehen.",
      turn:
        "Gehen Sie zurück, laden Sie die Seite neu und versuchen Sie es noch einmal. Cookies müssen erlaubt sein.",
    },
    form: {
      title: "Mit dieser Eingabe können wir nichts anfangen",
      happened: "Etwas darin fehlt, ist doppelt oder fehlerhaft; deshalb ist nichts geschehen.",
      turn: "Gehen Sie zurück, laden Sie die Seite neu und versuchen Sie es noch einmal.",
    },
    other_site: {
      title: "Das kam nicht von unserer Seite",
      happened:
        "Eine andere Website hat in Ihrem Namen ein Formular hierher geschickt; deshalb ist nichts geschehen.",
      turn:
        "Wenn Sie hier nichts tun wollten, schließen Sie diese Seite: Ihr Konto ist sicher. Sonst gehen Sie zurück und versuchen es noch einmal.",
    },
    not_found: {
      title: "Hier ist nichts",
      happened: "Die Adresse ist falsch, oder die Seite ist umgezogen.",
      turn: "Prüfen Sie die Adresse oder gehen Sie dorthin zurück, woher Sie kamen.",
    },
    method_not_allowed: {
      title: "Hier gibt es nichts zu sehen",
      happened:
        "Diese Adresse ist für Anwendungen da, oder sie wurde auf eine Weise geöffnet, für die sie nicht gedacht ist.",
      turn: "Gehen Sie dorthin zurück, woher Sie kamen.",
    },
    too_many: {
      title: "Das war etwas zu oft",
      happened: "Von hier kam in kurzer Zeit so viel, dass wir einen Moment angehalten haben.",
      turn: "Warten Sie eine Minute und versuchen Sie es dann noch einmal.",
    },
    unavailable: {
      title: "Wir sind gleich zurück",
      happened:
        "Etwas, das wir brauchen, antwortet im Augenblick nicht. Es ist nichts verloren gegangen.",
      turn: "Versuchen Sie es in einer Minute noch einmal.",
    },
    check: {
      title: "Dieser Link lässt sich nicht verwenden",
      happened: "Er gilt eine Viertelstunde, und nur auf der Seite, von der er stammt.",
      turn:
        "Lassen Sie sich von der Anwendung noch einmal hierher schicken, und folgen Sie dem Link auf der Seite, die Sie dann sehen.",
    },
    server: {
      title: "Bei uns ist etwas schiefgegangen",
      happened: "Es liegt nicht an Ihnen, und nichts ist nur halb geschehen.",
      turn:
        "Versuchen Sie es noch einmal. Wenn es wieder geschieht, nennen Sie den Betreibern dieser Seite die Referenz unten.",
    },
  },
} satisfies ErrorMessages;
