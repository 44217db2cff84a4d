/** Whether people get the language that they asked for, and every word in it. */

import assert from "node:assert/strict";
import fc from "fast-check";
import {
  chooseLanguage,
  type Language,
  LANGUAGES,
  messagesOf,
  type View,
} from "../../src/pages/language.ts";
import { SAMPLES } from "./samples.ts";

type Row = [ui_locales: string | undefined, acceptLanguage: string | undefined, Language, string];

const ROWS: readonly Row[] = [
  [undefined, undefined, "en", "English where nobody asks"],
  ["", "", "en", "English where the lists are empty"],
  ["de", "en", "de", "ui_locales before Accept-Language"],
  ["fr de en", "en", "de", "the first of ui_locales that we speak"],
  ["de-AT", undefined, "de", "a region is cut off"],
  ["DE-Latn-CH-1996", undefined, "de", "case does not matter"],
  ["fr", "de", "de", "Accept-Language where ui_locales names no language of ours"],
  [undefined, "de", "de", "one language"],
  [undefined, "de-CH, en;q=0.9", "de", "weight 1 where none is given"],
  [undefined, "en;q=0.5,de;q=0.7", "de", "the heavier one"],
  [undefined, "en ; Q=0.5 , de ; q=0.501", "de", "spaces and capitals"],
  [undefined, "en;q=0.5,de;q=0.5", "en", "the first of equals"],
  [undefined, "fr, de;q=0.1", "de", "what we do not speak does not count"],
  [undefined, "de;q=0", "en", "weight 0 is not wanted"],
  [undefined, "de;q=2, en;q=0.1", "en", "a weight that is none is not wanted"],
  [undefined, "de;level=1, en;q=0.1", "en", "a parameter that is no weight is not wanted"],
  [undefined, "*", "en", "anything is English"],
  [undefined, "deu, german", "en", "no other tag that begins alike"],
  ["constructor __proto__ toString", "hasOwnProperty", "en", "members of every object"],
  [`${"x ".repeat(40)}de`, undefined, "en", "what stands beyond the limit is not read"],
];

for (const [ui_locales, acceptLanguage, expected, rule] of ROWS) {
  Deno.test(`chooseLanguage: ${rule}`, () => {
    assert.equal(chooseLanguage(ui_locales, acceptLanguage), expected);
  });
}

Deno.test("chooseLanguage: any input gives a language of ours", () => {
  fc.assert(fc.property(fc.string({ maxLength: 3000 }), fc.string(), (ui_locales, accept) => {
    assert.ok(LANGUAGES.includes(chooseLanguage(ui_locales, accept)));
    assert.ok(LANGUAGES.includes(chooseLanguage(undefined, ui_locales)));
  }));
});

/** Every text of a catalogue by its path; where a text has parameters, § stands for each. */
function textsOf(messages: object, path = ""): [path: string, text: string][] {
  return Object.entries(messages).flatMap(([name, value]: [string, unknown]) => {
    const here = `${path}.${name}`;
    if (typeof value === "function") return [[here, String(value("§", "§"))]];
    return typeof value === "object" && value !== null
      ? textsOf(value, here)
      : [[here, String(value)]];
  });
}

for (const language of LANGUAGES) {
  Deno.test(`messages: every word in ${language} stands on some page`, () => {
    const view: View = { site: { name: "Site", logoUrl: "/logo", stylesheetUrls: [] }, language };
    const pages = Object.values(SAMPLES).map((sample) => sample(view)).join("\n");
    for (const [path, text] of textsOf(messagesOf(language))) {
      for (const piece of text.split("§")) assert.ok(pages.includes(piece), `${path}: ${piece}`);
    }
  });
}

Deno.test("messages: German has every text of English, in words of its own", () => {
  const german = new Map(textsOf(messagesOf("de")));
  const english = textsOf(messagesOf("en"));
  assert.deepEqual([...german.keys()], english.map(([path]) => path));
  const alike = new Set([".documentTitle", ".documentTitleWithProblem", ".client.website"]);
  for (const [path, text] of english) {
    const same = german.get(path) === text;
    assert.equal(same, alike.has(path) || text === "", path);
  }
});

Deno.test("messages: a single second is singular", () => {
  assert.match(messagesOf("en").login.problem.wait(1), /a second/);
  assert.match(messagesOf("de").login.problem.wait(1), /eine Sekunde/);
});
