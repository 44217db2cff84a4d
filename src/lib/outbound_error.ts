/** Why another server has not answered as it should. */

/** Why another server has not answered, or was not asked. */
export type OutboundReason =
  /** Not https; or with a user name. */
  | "url"
  /** A host that leads to an address that may not be asked. */
  | "address"
  /** A host that no name server knows. */
  | "unresolved"
  /** No connection, or one that broke. */
  | "unreachable"
  | "timeout"
  /** What a redirect names was never registered. */
  | "redirect"
  | "too_large"
  /** A body that is compressed although we took none. */
  | "encoding";

/** For the log: the setting that decides over a reason, where there is one. */
export function settingOf(reason: string): { readonly setting?: string } {
  return reason === "address" ? { setting: "security.outbound.private_addresses" } : {};
}

/** Another server has not answered as it should; nothing of what it said is in here. */
export class OutboundError extends Error {
  override readonly name = "OutboundError";
  readonly reason: OutboundReason;

  /** `message` is the reason too. */
  constructor(reason: OutboundReason) {
    super(reason);
    this.reason = reason;
  }
}
