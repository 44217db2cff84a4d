/** How does the page look on which somebody sees who has access and where they are signed in, and ends that? */

import { ClientLinks, ClientTile, nameOf, type ShownClient } from "./client.tsx";
import { Day } from "./day.tsx";
import { HiddenFields } from "./hidden_fields.tsx";
import { messagesOf, type View } from "./language.ts";
import { renderDocument } from "./layout.tsx";
import type { Messages } from "./messages/en.ts";
import { Person } from "./person.tsx";
import { ScopeList, type ShownScope } from "./scopes.tsx";
import { SessionList, type ShownSession, type SignedOut } from "./sessions.tsx";
import { shown } from "./shown.ts";

/** An application that has access, or whose consent is remembered. */
export interface ShownApplication {
  readonly client: ShownClient;
  readonly scopes: readonly ShownScope[];
  /** NumericDate of the oldest grant or consent. */
  readonly since: number;
  /** NumericDate of the last time tokens were issued; `undefined`: only an answer is remembered. */
  readonly used_at: number | undefined;
  /** Whether it may go on while the person is away (a refresh token is alive). */
  readonly offline: boolean;
  /** Whether the person's answer is remembered, so that they are not asked again. */
  readonly remembered: boolean;
}

/** What varies on the page. */
export interface AccountPage {
  /** Where the forms go. */
  readonly action: string;
  readonly csrf_token: string;
  readonly user: { readonly name: string };
  /** In the order in which they are shown. */
  readonly applications: readonly ShownApplication[];
  /** An application whose access has just been removed, and whether it asks before it gets some again. */
  readonly removed?: { readonly name: string; readonly asks: boolean } | undefined;
  /** The person's sessions, in the order in which they are shown. */
  readonly sessions: readonly ShownSession[];
  /** What has just been signed out. */
  readonly signed_out?: SignedOut | undefined;
  /** Where the code of a device is typed in; `undefined`: no application here has any. */
  readonly device?: string | undefined;
  /** NumericDate. */
  readonly now: number;
}

/**
 * The page as HTML. The form of an application sends `csrf_token`, `client_id` and `action`: `revoke`; for those of
 * sessions see `SessionList`.
 */
export function renderAccount(view: View, page: AccountPage): string {
  const { user, applications, removed, signed_out } = page;
  const messages = messagesOf(view.language);
  const words = messages.account;
  const title = removed !== undefined
    ? words.removedTitle
    : signed_out !== undefined
    ? words.sessions.endedTitle
    : words.title;
  return renderDocument(view, {
    title: messages.documentTitle(title, view.site.name),
    children: (
      <>
        <div class="intro">
          <h1>{words.title}</h1>
          <Person user={user} words={messages.person} />
        </div>
        {removed !== undefined && (
          <p class="notice" id="removed" role="status">
            <strong>{words.removed(shown(removed.name))}</strong>{" "}
            {words.removedEffect(removed.asks)}
          </p>
        )}
        {signed_out !== undefined && (
          <p class="notice" id="signed-out" role="status">
            <strong>{words.sessions.ended[signed_out]}</strong>
          </p>
        )}
        <h2>{words.applications}</h2>
        {applications.length === 0
          ? <p class="empty">{words.empty}</p>
          : <Applications view={view} page={page} words={words} />}
        <h2>{words.sessions.title}</h2>
        <SessionList
          sessions={page.sessions}
          around={{ ...page, language: view.language, words: words.sessions }}
        />
        {page.device !== undefined && (
          <p class="links">
            <a id="device" href={page.device}>{words.device}</a>
          </p>
        )}
      </>
    ),
  });
}

type Words = Messages["account"];

function Applications(
  { view, page, words }: {
    readonly view: View;
    readonly page: AccountPage;
    readonly words: Words;
  },
) {
  return (
    <>
      <p class="hint">{words.effect}</p>
      <ul class="applications">
        {page.applications.map((application, index) => (
          <ApplicationItem
            key={application.client.client_id}
            number={index + 1}
            application={application}
            view={view}
            page={page}
            words={words}
          />
        ))}
      </ul>
    </>
  );
}

function ApplicationItem(
  { number, application, view, page, words }: {
    readonly number: number;
    readonly application: ShownApplication;
    readonly view: View;
    readonly page: AccountPage;
    readonly words: Words;
  },
) {
  const { client, scopes } = application;
  const { action, csrf_token, applications } = page;
  const messages = messagesOf(view.language);
  return (
    <li>
      <ClientTile client={client} />
      <div class="about">
        <h3>{nameOf(client)}</h3>
        <Facts application={application} view={view} words={words} />
      </div>
      <details open={applications.length === 1}>
        <summary>{words.scopes}</summary>
        <ScopeList scopes={scopes} words={messages.scope} />
        <ClientLinks client={client} messages={messages.client} />
      </details>
      <form method="post" action={action}>
        <HiddenFields values={{ csrf_token, client_id: client.client_id }} />
        <button
          type="submit"
          id={`revoke-${number}`}
          name="action"
          value="revoke"
          aria-label={words.removeFrom(nameOf(client))}
        >
          {words.remove}
        </button>
      </form>
    </li>
  );
}

function Facts(
  { application, view, words }: {
    readonly application: ShownApplication;
    readonly view: View;
    readonly words: Words;
  },
) {
  const { since, used_at, offline, remembered } = application;
  const notes = [
    offline && words.offline,
    remembered && (used_at === undefined ? words.idle : words.remembered),
  ].filter((note) => note !== false);
  return (
    <>
      <p class="facts">
        <span>
          {used_at === undefined ? words.allowed : words.since}{" "}
          <Day date={since} language={view.language} />
        </span>
        {used_at !== undefined && (
          <span>
            {words.used} <Day date={used_at} language={view.language} />
          </span>
        )}
      </p>
      {notes.length > 0 && <p class="hint">{notes.join(" ")}</p>}
    </>
  );
}
