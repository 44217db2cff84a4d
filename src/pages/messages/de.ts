/** What do the pages say in German? */

import type { Messages } from "./en.ts";

/** Every word of every page. What varies is a parameter. */
export const de = {
  documentTitle: (page, site) => `${page} – ${site}`,
  documentTitleWithProblem: (page, site) => `Problem: ${page} – ${site}`,
  client: {
    website: "Website",
    policy: "Datenschutz",
    terms: "Nutzungsbedingungen",
  },
  person: { signedInAs: "Angemeldet als" },
  login: {
    title: "Anmelden",
    purpose: (client) => `um mit ${client} fortzufahren`,
    purposeAccount: "um Ihr Konto zu sehen",
    againTitle: "Bitte bestätigen Sie, dass Sie es sind",
    again: (client) =>
      client === undefined
        ? "Melden Sie sich noch einmal an, um Ihr Konto zu sehen"
        : `Melden Sie sich noch einmal an, um mit ${client} fortzufahren`,
    continueAs: (name) => `Weiter als ${name}`,
    or: "oder ein anderes Konto verwenden",
    username: "Benutzername",
    password: "Passwort",
    submit: "Anmelden",
    cancel: "Abbrechen",
    problem: {
      wrong:
        "Benutzername und Passwort passen nicht zusammen. Prüfen Sie beides und versuchen Sie es noch einmal.",
      empty: "Geben Sie Ihren Benutzernamen und Ihr Passwort ein.",
      wait: (seconds) =>
        seconds === 1
          ? "Zu viele Versuche. Warten Sie eine Sekunde und versuchen Sie es dann noch einmal."
          : `Zu viele Versuche. Warten Sie ${seconds} Sekunden und versuchen Sie es dann noch einmal.`,
    },
  },
  home: {
    title: "Hier melden Sie sich an",
    purpose:
      "Anwendungen schicken Sie hierher, wenn sie wissen müssen, wer Sie sind, und von hier kommen Sie zu ihnen zurück.",
    account: "Ihr Konto",
    accountDetail: "Welche Anwendungen Zugriff haben, und wo Sie angemeldet sind",
    device: "Gerät verbinden",
    deviceDetail: "Geben Sie den Code ein, den Ihr Fernseher oder ein anderes Gerät zeigt",
    metadata: "Für Entwickler: was dieser Server kann",
  },
  consent: {
    title: (client) => `${client} bittet um Zugriff`,
    asks: "Wenn Sie zustimmen, kann die Anwendung:",
    host: (host) => `Ihre Antwort geht an ${host}.`,
    removable: (site) =>
      `Sie können den Zugriff jederzeit wieder entziehen: unter „Ihr Konto“ bei ${site}.`,
    remember: "Meine Zustimmung merken",
    allow: "Zustimmen",
    deny: "Ablehnen",
  },
  account: {
    title: "Ihr Konto",
    applications: "Anwendungen mit Zugriff",
    effect:
      "Wenn Sie einen Zugriff entziehen, endet er hier sofort; eine Anwendung, die nicht bei uns nachfragt, merkt es vielleicht etwas später, wenn ihr Token abläuft.",
    empty:
      "Keine Anwendung hat Zugriff auf Ihr Konto. Hier erscheinen die, denen Sie Zugriff geben.",
    since: "Zugriff seit dem",
    allowed: "Zugestimmt am",
    used: "Zuletzt genutzt am",
    idle: "Bekommt wieder Zugriff, ohne Sie zu fragen.",
    offline: "Behält den Zugriff, wenn Sie nicht da sind.",
    remembered: "Fragt Sie nicht erneut.",
    device: "Gerät verbinden",
    scopes: "Was erlaubt ist",
    remove: "Zugriff entziehen",
    removeFrom: (client) => `${client} den Zugriff entziehen`,
    removedTitle: "Zugriff entzogen",
    removed: (client) => `${client} hat keinen Zugriff mehr.`,
    removedEffect: (asks) =>
      asks
        ? "Die Token der Anwendung gelten hier nicht mehr, und beim nächsten Mal werden Sie wieder gefragt."
        : "Die Token der Anwendung gelten hier nicht mehr. Wenn Sie sie das nächste Mal nutzen, erhält sie wieder Zugriff: Sie gehört zu dieser Seite, darum werden Sie nicht gefragt.",
    sessions: {
      title: "Wo Sie angemeldet sind",
      effect:
        "Mit dem Abmelden endet auch, was Anwendungen dadurch erhalten haben, außer dem Zugriff, den sie behalten dürfen, wenn Sie nicht da sind.",
      here: "Dieses Gerät",
      unknown: "Unbekanntes Gerät",
      since: "Angemeldet",
      seen: "Zuletzt aktiv",
      justNow: "gerade eben",
      signOut: "Abmelden",
      signOutHere: "Auf diesem Gerät abmelden",
      signOutFrom: (device) => `Abmelden: ${device}`,
      signOutOthers: "Auf allen anderen Geräten abmelden",
      signOutEverywhere: "Überall abmelden",
      endedTitle: "Abgemeldet",
      ended: {
        one: "Das Gerät ist abgemeldet.",
        others: "Alle anderen Geräte sind abgemeldet.",
      },
    },
  },
  device: {
    title: "Gerät verbinden",
    purpose: "Geben Sie den Code ein, den Ihr Gerät anzeigt.",
    compare: "Zeigt Ihr Gerät genau diesen Code an? Machen Sie nur weiter, wenn er übereinstimmt.",
    code: "Code auf Ihrem Gerät",
    submit: "Weiter",
    problem: {
      malformed:
        "Das ist kein Code. Ein Code hat acht Buchstaben, zum Beispiel WDJB-MJHT. Sehen Sie auf Ihrem Gerät nach und versuchen Sie es noch einmal.",
      unknown:
        "Kein Gerät wartet auf diesen Code. Vergleichen Sie ihn mit Ihrem Gerät. Ein Code gilt nur einmal und nur wenige Minuten: Lassen Sie das Gerät gegebenenfalls einen neuen anzeigen.",
      wait: (seconds) =>
        seconds === 1
          ? "Zu viele Versuche. Warten Sie eine Sekunde und versuchen Sie es dann noch einmal."
          : `Zu viele Versuche. Warten Sie ${seconds} Sekunden und versuchen Sie es dann noch einmal.`,
    },
  },
  deviceConfirm: {
    title: (client) => `${client} verbinden?`,
    warning: "Erlauben Sie das nur, wenn Sie es selbst begonnen haben",
    phishing:
      "Machen Sie nur weiter, wenn Sie dies gerade eben auf einem Gerät vor Ihnen begonnen haben. Wenn Ihnen jemand einen Code oder Link geschickt hat, per Mail, Telefon oder Chat, will diese Person in Ihr Konto: Lehnen Sie ab.",
    elsewhere:
      "Das Gerät ist nicht in dem Netz, in dem Sie sind. Das ist üblich, wenn eines von beiden mobile Daten nutzt; sonst lehnen Sie ab.",
    code: "Ihr Gerät muss diesen Code anzeigen",
    another: "Ein anderes Konto verwenden",
    forbidden: (client) =>
      `Ihr Konto darf ${client} nicht nutzen. Verwenden Sie ein anderes Konto, oder bitten Sie die Betreiber um Zugang.`,
  },
  deviceDone: {
    approved: {
      title: "Sie können zu Ihrem Gerät zurück",
      hint: (client) =>
        `${client} ist verbunden und macht in wenigen Sekunden von selbst weiter. Sie können dieses Fenster schließen.`,
    },
    denied: {
      title: "Es wurde nichts erlaubt",
      hint: (client) =>
        `${client} bekommt keinen Zugriff, und der Code gilt nicht mehr. Sie können dieses Fenster schließen.`,
    },
    forbidden: {
      title: "Es wurde nichts erlaubt",
      hint: (client) =>
        `Ihr Konto darf ${client} nicht nutzen. Bitten Sie die Betreiber um Zugang.`,
    },
  },
  logout: {
    title: "Möchten Sie sich abmelden?",
    own: "Sie sind mit diesem Browser angemeldet.",
    asked: (client) => `${client} bittet uns, Sie abzumelden.`,
    effect: (site) =>
      `Dann sind Sie bei ${site} abgemeldet, und die Anwendungen, die Sie damit genutzt haben, erfahren es.`,
    confirm: "Abmelden",
    cancel: "Angemeldet bleiben",
  },
  loggedOut: {
    title: "Sie sind abgemeldet",
    hint: "Sie können dieses Fenster jetzt schließen.",
    telling:
      "Wir sagen es gerade den Anwendungen, die Sie genutzt haben. Das dauert einen Augenblick.",
    back: (client) => `Weiter zu ${client}`,
  },
  scope: {
    openid: {
      title: "Wissen, wer Sie sind",
      detail: "Sie erkennt Sie, wenn Sie wiederkommen.",
    },
    profile: {
      title: "Ihr Profil sehen",
      detail: "Ihren Namen, Ihr Bild, Ihren Geburtstag, Ihre Sprache und Ähnliches.",
    },
    email: { title: "Ihre E-Mail-Adresse sehen", detail: "Und ob sie bestätigt ist." },
    address: { title: "Ihre Postanschrift sehen", detail: "" },
    phone: { title: "Ihre Telefonnummer sehen", detail: "Und ob sie bestätigt ist." },
    offline_access: {
      title: "Den Zugriff behalten, wenn Sie nicht da sind",
      detail: "Auch nach dem Abmelden, bis Sie ihn entziehen.",
    },
    otherIdentity: (name) => `Dies über Sie sehen: ${name}`,
    otherApi: (name) => `Dies in Ihrem Namen nutzen: ${name}`,
  },
  formPost: {
    title: "Es geht zurück",
    hint: "Wenn nichts geschieht, klicken Sie auf die Schaltfläche.",
    submit: "Weiter",
  },
  error: {
    code: "Fehlercode",
    trace: "Referenz",
    explanation: {
      client: {
        title: "Diese Anwendung ist hier nicht bekannt",
        happened:
          "Die Anwendung, von der Sie kommen, ist nicht registriert oder wurde abgeschaltet.",
        turn: "Das müssen die Betreiber der Anwendung beheben. Bitte sagen Sie ihnen Bescheid.",
      },
      redirect_uri: {
        title: "Wir können Sie nicht sicher zurückschicken",
        happened:
          "Die Anwendung möchte die Antwort an eine Adresse haben, die für sie nicht registriert ist.",
        turn: "Das müssen die Betreiber der Anwendung beheben. Bitte sagen Sie ihnen Bescheid.",
      },
      logout: {
        title: "Wir haben Sie nicht abgemeldet",
        happened:
          "Die Anwendung, von der Sie kommen, hat auf eine Weise darum gebeten, auf die wir uns nicht verlassen können; deshalb ist nichts geschehen.",
        turn:
          "Abmelden können Sie sich unter „Ihr Konto“ auf dieser Seite. Bitte sagen Sie den Betreibern der Anwendung Bescheid.",
      },
      post_logout_redirect_uri: {
        title: "Wir haben Sie nicht abgemeldet",
        happened:
          "Die Anwendung möchte Sie an eine Adresse weiterschicken, die für sie nicht registriert ist; deshalb ist nichts geschehen.",
        turn:
          "Abmelden können Sie sich unter „Ihr Konto“ auf dieser Seite. Bitte sagen Sie den Betreibern der Anwendung Bescheid.",
      },
      request: {
        title: "Diese Anfrage verstehen wir nicht",
        happened: "Etwas darin fehlt, ist doppelt oder fehlerhaft; deshalb ist nichts geschehen.",
        turn:
          "Gehen Sie zurück und versuchen Sie es noch einmal. Wenn es wieder geschieht, sagen Sie den Betreibern der Anwendung Bescheid, von der Sie kommen.",
      },
      interaction_lost: {
        title: "Diese Anmeldung ist beendet",
        happened:
          "Sie hat zu lange gedauert, war schon abgeschlossen oder wurde in einem anderen Browser begonnen. Ihr Konto ist sicher.",
        turn:
          "Gehen Sie zurück zur Anwendung und melden Sie sich von dort aus an. Cookies müssen erlaubt sein.",
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
      not_found: {
        title: "Hier ist nichts",
        happened: "Die Adresse ist falsch, oder die Seite ist umgezogen.",
        turn: "Prüfen Sie die Adresse oder gehen Sie dorthin zurück, woher Sie kamen.",
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
      server: {
        title: "Bei uns ist etwas schiefgegangen",
        happened: "Es liegt nicht an Ihnen, und nichts ist nur halb geschehen.",
        turn:
          "Versuchen Sie es noch einmal. Wenn es wieder geschieht, nennen Sie den Betreibern dieser Seite die Referenz unten.",
      },
    },
  },
} satisfies Messages;
