/** What stands around the content of every page? */

import type { Child } from "hono/jsx";
import type { View } from "./language.ts";

/** A whole document as HTML; `title` is already complete. Holds no style, and no script but those in `children`. */
export function renderDocument(
  { site, language }: View,
  { title, head, children }: {
    readonly title: string;
    readonly head?: Child;
    readonly children: Child;
  },
): string {
  const html = (
    <html lang={language}>
      <head>
        <meta charset="utf-8" />
        <title>{title}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <link rel="icon" href={site.logoUrl} />
        {site.stylesheetUrls.map((url) => <Stylesheet key={url} url={url} />)}
        {head}
      </head>
      <body>
        <header class="site">
          <img src={site.logoUrl} alt="" height="36" />
          <span>{site.name}</span>
        </header>
        <main>{children}</main>
      </body>
    </html>
  );
  return `<!doctype html>${html}`;
}

function Stylesheet({ url }: { readonly url: string }) {
  return <link rel="stylesheet" href={url} />;
}
