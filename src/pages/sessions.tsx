/** How is it shown where somebody is signed in, and how they sign out there? */

import { Ago } from "./ago.tsx";
import { HiddenFields } from "./hidden_fields.tsx";
import type { Language } from "./language.ts";
import type { Messages } from "./messages/en.ts";
import { shown } from "./shown.ts";

/** A session of the person who looks at it. */
export interface ShownSession {
  readonly sid: string;
  /** Such as "Firefox, Linux"; empty where nobody knows. */
  readonly device: string;
  /** NumericDate of the first login. */
  readonly created_at: number;
  /** NumericDate of the last use, to the minute. */
  readonly seen_at: number;
  /** Whether it is that of this browser. */
  readonly here: boolean;
}

/** What has just been signed out: one other device, or all others. */
export type SignedOut = "one" | "others";

type Words = Messages["account"]["sessions"];

/** What all parts of the list need. */
interface Surroundings {
  readonly now: number;
  readonly action: string;
  readonly csrf_token: string;
  readonly language: Language;
  readonly words: Words;
}

/**
 * The sessions, in the order given, with their forms. Each sends `csrf_token` and `action`: `sign_out` with a `sid`,
 * `sign_out_others` or `sign_out_everywhere`.
 */
export function SessionList(
  { sessions, around }: {
    readonly sessions: readonly ShownSession[];
    readonly around: Surroundings;
  },
) {
  const { action, csrf_token, words } = around;
  return (
    <>
      <p class="hint">{words.effect}</p>
      <ul class="applications sessions">
        {sessions.map((session, index) => (
          <SessionItem key={session.sid} session={session} number={index + 1} around={around} />
        ))}
      </ul>
      {sessions.some(({ here }) => !here) && (
        <form method="post" action={action} class="everywhere">
          <HiddenFields values={{ csrf_token }} />
          <button type="submit" id="sign-out-others" name="action" value="sign_out_others">
            {words.signOutOthers}
          </button>
          <button type="submit" id="sign-out-everywhere" name="action" value="sign_out_everywhere">
            {words.signOutEverywhere}
          </button>
        </form>
      )}
    </>
  );
}

function SessionItem(
  { session, number, around }: {
    readonly session: ShownSession;
    readonly number: number;
    readonly around: Surroundings;
  },
) {
  const { sid, device, here } = session;
  const { action, csrf_token, words } = around;
  const name = device === "" ? words.unknown : shown(device);
  return (
    <li class="session">
      <DeviceTile device={device} />
      <div class="about">
        <h3>{name}</h3>
        <Facts session={session} around={around} />
      </div>
      <form method="post" action={action}>
        <HiddenFields values={{ csrf_token, sid }} />
        <button
          type="submit"
          id={here ? "sign-out" : `sign-out-${number}`}
          name="action"
          value="sign_out"
          aria-label={here ? words.signOutHere : words.signOutFrom(name)}
        >
          {words.signOut}
        </button>
      </form>
    </li>
  );
}

function Facts(
  { session, around: { now, language, words } }: {
    readonly session: ShownSession;
    readonly around: Surroundings;
  },
) {
  const ago = { now, language, justNow: words.justNow };
  return (
    <p class="facts">
      {session.here && (
        <span>
          <strong>{words.here}</strong>
        </span>
      )}
      <span>
        {words.since} <Ago date={session.created_at} {...ago} />
      </span>
      {!session.here && (
        <span>
          {words.seen} <Ago date={session.seen_at} {...ago} />
        </span>
      )}
    </p>
  );
}

/** A phone or a screen. Says nothing that the name does not say. */
function DeviceTile({ device }: { readonly device: string }) {
  const handheld = /\b(iPhone|iPad|Android)\b/.test(device);
  return (
    <span class="tile" aria-hidden="true">
      <svg viewBox="0 0 24 24" width="22" height="22" fill="none" stroke="currentColor">
        {handheld
          ? (
            <path d="M8 3h8a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM11 18h2" />
          )
          : (
            <path d="M4 5h16a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM9 20h6M12 16v4" />
          )}
      </svg>
    </span>
  );
}
