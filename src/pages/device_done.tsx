/** How does the page look on which somebody finds that their device has been answered? */

import { nameOf, type ShownClient } from "./client.tsx";
import { messagesOf, type View } from "./language.ts";
import { renderDocument } from "./layout.tsx";
import type { Messages } from "./messages/en.ts";

/** What varies on the page. */
export interface DeviceDonePage {
  readonly client: ShownClient;
  /** A yes, a no, or that the person may not use the client. */
  readonly answer: keyof Messages["deviceDone"];
}

/** The page as HTML. It leads nowhere: the person goes back to the device. */
export function renderDeviceDone(view: View, { client, answer }: DeviceDonePage): string {
  const messages = messagesOf(view.language);
  const words = messages.deviceDone[answer];
  return renderDocument(view, {
    title: messages.documentTitle(words.title, view.site.name),
    children: (
      <div class="intro" id="device-done" role="status">
        <h1>{words.title}</h1>
        <p class="lede">{words.hint(nameOf(client))}</p>
      </div>
    ),
  });
}
