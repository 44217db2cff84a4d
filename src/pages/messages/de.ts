/** What do the pages say in German? */

import { deErrors } from "./de_errors.ts";
import type { Messages } from "./en.ts";

const tooMany = (seconds: number): string => `Zu viele Versuche. ${deErrors.again(seconds)}`;

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
      wait: tooMany,
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
      wait: tooMany,
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
  checked: {
    title: "Es steht jetzt im Log",
    hint:
      "Was an der Anfrage falsch war, ist nur für die Betreiber dieser Seite bestimmt. Im Log finden sie es unter dieser Referenz.",
  },
  error: deErrors,
} satisfies Messages;
