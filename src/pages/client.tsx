/** How is a client shown to people? */

import type { Client } from "../oauth/client.ts";
import type { Messages } from "./messages/en.ts";
import { initial, shown } from "./shown.ts";

/** What people see of a client. */
export type ShownClient = Pick<
  Client,
  "client_id" | "client_name" | "client_uri" | "logo_uri" | "policy_uri" | "tos_uri"
>;

/** What a client is called. */
export function nameOf(client: Pick<Client, "client_id" | "client_name">): string {
  return shown(client.client_name ?? client.client_id);
}

/** Its logo, or the first letter of its name. Says nothing that its name does not say. */
export function ClientTile({ client }: { readonly client: ShownClient }) {
  const logo = webUrl(client.logo_uri);
  return (
    <span class="tile" aria-hidden="true">
      {logo === undefined ? initial(nameOf(client)) : <img src={logo} alt="" />}
    </span>
  );
}

/** Where to read about it. */
export function ClientLinks(
  { client, messages }: { readonly client: ShownClient; readonly messages: Messages["client"] },
) {
  const links = [
    { url: webUrl(client.client_uri), text: messages.website },
    { url: webUrl(client.policy_uri), text: messages.policy },
    { url: webUrl(client.tos_uri), text: messages.terms },
  ].filter(({ url }) => url !== undefined);
  if (links.length === 0) return null;
  return <ul class="links">{links.map((link) => <LinkItem key={link.text} {...link} />)}</ul>;
}

function LinkItem({ url, text }: { readonly url: string | undefined; readonly text: string }) {
  return (
    <li>
      <a href={url} rel="noreferrer">{text}</a>
    </li>
  );
}

/** What may become a link: a javascript: or data: URL must not, wherever the client comes from. */
export function webUrl(url: string | undefined): string | undefined {
  return url !== undefined && /^https?:\/\//i.test(url) ? url : undefined;
}
