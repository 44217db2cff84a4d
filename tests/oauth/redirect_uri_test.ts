/** Whether the redirect URIs that are accepted lead where they were registered, and nowhere else. */

import assert from "node:assert/strict";
import fc from "fast-check";
import {
  isLoopbackHost,
  matchRedirectUri,
  redirectUriProblem,
} from "../../src/oauth/redirect_uri.ts";

const matches = (registered: string, requested: string) =>
  matchRedirectUri({ redirect_uris: [registered] }, requested) === requested;

Deno.test("redirectUriProblem: https, http on loopback and private-use schemes with a dot may be registered", () => {
  for (
    const uri of [
      "https://rp.example.com",
      "https://rp.example.com/callback?tenant=1&x=%20",
      "https://rp.example.com:8443/a/b;c=d,e",
      "https://rp.example.com/a@b//c@d",
      "HTTPS://RP.example.com/cb",
      "https://xn--bcher-kva.example/cb",
      "https://[2001:db8::1]/cb",
      "http://localhost:3000/cb",
      "http://127.0.0.1/cb",
      "http://127.9.8.7:1/cb",
      "http://[::1]:8080/cb",
      "com.example.app:/callback",
      "com.example.app://callback/path?x=1",
    ]
  ) assert.equal(redirectUriProblem(uri), undefined, uri);
});

const REFUSED: Readonly<Record<string, readonly [problem: RegExp, uris: readonly string[]]>> = {
  "RFC 8252 §7.1: every scheme that runs code or reads files, and every private-use one without a dot":
    [
      /^has the scheme /,
      [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "javascript://rp.example.com/%0aalert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://rp.example.com/1",
        "about:blank",
        "ftp://rp.example.com/",
        "ws://rp.example.com/",
        "wss://rp.example.com/",
        "view-source:https://rp.example.com/",
        "urn:ietf:wg:oauth:2.0:oob",
        "myapp:/callback",
        "myapp://callback",
      ],
    ],
  "RFC 6749 §3.1.2: fragments, empty ones too": [
    /fragment/,
    ["https://rp.example.com/cb#", "https://rp.example.com/cb#x", "com.example.app:/cb#"],
  ],
  "user names and passwords, empty ones too": [
    /user name/,
    [
      "https://user@rp.example.com/cb",
      "https://user:pass@rp.example.com/cb",
      "https://@rp.example.com/cb",
      "https://:@rp.example.com/cb",
      "https://rp.example.com@evil.example/cb",
      "http://127.0.0.1:80@evil.example/",
      "com.example.app://user@host/cb",
    ],
  ],
  "RFC 3986 §2: backslashes, blanks, control characters and all that is not ASCII": [
    /characters that no URI has/,
    [
      "https://rp.example.com\\@evil.example/",
      "https:\\\\rp.example.com/",
      "https://rp.example.com/a b",
      " https://rp.example.com/",
      "https://rp.example.com/ ",
      "https://rp.example.com/\n",
      "https://rp.example.com/\r\nSet-Cookie: x",
      "java\tscript:alert(1)",
      "https://rp.example.com/\0",
      "https://rp.example.com/\x7f",
      "https://bücher.example/",
      "https://rp.example.com/ä",
      "https://rp.example.com/<x>",
      'https://rp.example.com/"',
      "https://rp.example.com/{id}",
      "https://rp.example.com/`",
      "",
    ],
  ],
  "RFC 9700 §4.1.3: wildcards in the host": [
    /wildcard/,
    ["https://*.example.com/cb", "https://*/cb", "https://rp*.example.com/cb"],
  ],
  "RFC 8252 §8.3: http off loopback, however like loopback it looks": [
    /not loopback/,
    [
      "http://rp.example.com/cb",
      "http://localhost.evil.com/cb",
      "http://127.0.0.1.evil.com/cb",
      "http://localhost./cb",
      "http://128.0.0.1/cb",
      "http://10.0.0.1/cb",
      "http://0.0.0.0/cb",
      "http://[::2]/cb",
      "http://[::ffff:127.0.0.1]/cb",
    ],
  ],
  "RFC 3986 §4.3: what is not absolute, or absolute to browsers alone": [
    /not an absolute URI/,
    [
      "https:foo",
      "https:/foo",
      "https:///x",
      "https:///rp.example.com/cb",
      "https:user@rp.example.com/",
      "https://",
      "/callback",
      "//rp.example.com/cb",
      "rp.example.com/cb",
      "callback",
      "https://rp.example.com:65536/cb",
      "https://rp.example.com:x/cb",
      "http://[::1/cb",
      "1com.example:/cb",
      ".com:/cb",
    ],
  ],
};

for (const [rule, [problem, uris]] of Object.entries(REFUSED)) {
  Deno.test(`redirectUriProblem: refuses ${rule}`, () => {
    for (const uri of uris) {
      assert.match(redirectUriProblem(uri) ?? "nothing", problem, JSON.stringify(uri));
    }
  });
}

Deno.test("redirectUriProblem: whatever it lets pass is visited where it says", () => {
  const piece = fc.constantFrom(
    ..."https http javascript com.app : / // \\ @ # ? * localhost 127.0.0.1 [::1] evil.com . %0a \t x"
      .split(
        " ",
      ),
    " ",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
      const uri = pieces.join("");
      if (redirectUriProblem(uri) !== undefined) return;
      const { protocol, hostname, username, hash } = new URL(uri);
      assert.equal(username + hash, "");
      assert.ok(
        protocol === "https:" || protocol.includes(".") ||
          protocol === "http:" && isLoopbackHost(hostname),
        uri,
      );
    }),
    { numRuns: 3000 },
  );
});

Deno.test("isLoopbackHost: localhost, 127.0.0.0/8 and [::1] alone", () => {
  for (const host of ["localhost", "127.0.0.1", "127.255.255.254", "[::1]"]) {
    assert.ok(isLoopbackHost(host), host);
  }
  for (
    const host of [
      "",
      "127.0.0.1.evil.com",
      "localhost.evil.com",
      "x127.0.0.1",
      "[::2]",
      "127.1",
      "128.0.0.1",
    ]
  ) assert.ok(!isLoopbackHost(host), host);
});

Deno.test("RFC 9700 §4.1.3: a redirect URI is compared character by character", () => {
  const registered = "https://rp.example.com/callback?a=1";
  assert.ok(matches(registered, registered));
  for (
    const requested of [
      "https://rp.example.com/callback",
      "https://rp.example.com/callback?a=1&b=2",
      "https://rp.example.com/callback?b=2&a=1",
      "https://rp.example.com/callback/?a=1",
      "https://rp.example.com/Callback?a=1",
      "https://RP.example.com/callback?a=1",
      "HTTPS://rp.example.com/callback?a=1",
      "https://rp.example.com:443/callback?a=1",
      "https://rp.example.com:444/callback?a=1",
      "https://rp.example.com/x/../callback?a=1",
      "https://rp.example.com/callback/../callback?a=1",
      "https://rp.example.com/callback/..?a=1",
      "https://rp.example.com/%63allback?a=1",
      "https://rp.example.com./callback?a=1",
      "https://evil.com/callback?a=1",
      "https://rp.example.com@evil.com/callback?a=1",
      "https://rp.example.com.evil.com/callback?a=1",
      "https://rp.example.com/callback?a=1#",
      "http://rp.example.com/callback?a=1",
      " https://rp.example.com/callback?a=1",
      "https://rp.example.com/callback?a=1\n",
      "",
    ]
  ) assert.ok(!matches(registered, requested), JSON.stringify(requested));
});

Deno.test("RFC 8252 §7.3: the port of a loopback IP literal may be any", () => {
  for (const host of ["127.0.0.1", "[::1]"]) {
    for (const [one, other] of [["", ":1"], [":8080", ":65535"], [":8080", ""], [":1", ":49152"]]) {
      for (const rest of ["/cb", "", "/", "?x=1", "/cb?x=1"]) {
        assert.ok(matches(`http://${host}${one}${rest}`, `http://${host}${other}${rest}`));
      }
    }
  }
});

Deno.test("RFC 8252 §7.3: nothing but the port may differ, and not everywhere", () => {
  for (
    const [registered, requested] of [
      ["http://127.0.0.1/cb", "http://127.0.0.1:80/cb/"],
      ["http://127.0.0.1/cb", "http://127.0.0.1:80/"],
      ["http://127.0.0.1/cb", "http://127.0.0.1:80/cb?x=1"],
      ["http://127.0.0.1/cb", "http://127.0.0.1:80/x/../cb"],
      ["http://127.0.0.1/cb", "https://127.0.0.1:80/cb"],
      ["http://127.0.0.1/cb", "HTTP://127.0.0.1:80/cb"],
      ["http://127.0.0.1/cb", "http://[::1]:80/cb"],
      ["http://127.0.0.1/cb", "http://127.0.0.2:80/cb"],
      ["http://127.0.0.1/cb", "http://127.1:80/cb"],
      ["http://127.0.0.1/cb", "http://localhost:80/cb"],
      ["http://127.0.0.1/cb", "http://127.0.0.1:65536/cb"],
      ["http://127.0.0.1/cb", "http://127.0.0.1:100000/cb"],
      ["http://127.0.0.1/cb", "http://127.0.0.1:/cb"],
      ["http://127.0.0.1/cb", "http://127.0.0.1:-1/cb"],
      ["http://127.0.0.1/cb", "http://127.0.0.1: 80/cb"],
      ["http://127.0.0.1/cb", "http://127.0.0.1:80\\/cb"],
      ["http://127.0.0.1/cb", "http://127.0.0.1:80@evil.com/cb"],
      ["http://127.0.0.1/", "http://127.0.0.1:80@evil.com/"],
      ["http://127.0.0.1/cb", "http://127.0.0.1.evil.com/cb"],
      ["http://127.0.0.1/cb", "http://127.0.0.1:80.evil.com/cb"],
      ["http://127.0.0.1/cb", "http://127.0.0.1:80/cb\n"],
      ["http://127.0.0.1", "http://127.0.0.1:80/"],
      ["http://localhost/cb", "http://localhost:3000/cb"],
      ["http://localhost:3000/cb", "http://localhost:3001/cb"],
      ["https://127.0.0.1/cb", "https://127.0.0.1:8443/cb"],
      ["http://127.0.0.2/cb", "http://127.0.0.2:80/cb"],
      ["http://[::1]/cb", "http://[::1:80/cb"],
      ["http://[::1]/cb", "http://[0:0:0:0:0:0:0:1]:80/cb"],
      ["com.example.app:/cb", "com.example.app://cb"],
    ] as const
  ) assert.ok(!matches(registered, requested), requested);
});

Deno.test("matchRedirectUri: whatever differs from a registered URI that is not loopback is refused", () => {
  const registered = [
    "https://rp.example.com/callback?a=1",
    "http://localhost:3000/cb",
    "com.example.app:/cb",
  ];
  const edited = fc.tuple(
    fc.constantFrom(...registered),
    fc.nat(40),
    fc.nat(3),
    fc.string({ maxLength: 4, unit: "binary-ascii" }),
  ).map(([uri, at, cut, text]) => uri.slice(0, at) + text + uri.slice(at + cut));
  fc.assert(
    fc.property(fc.oneof(edited, fc.webUrl(), fc.string()), (requested) => {
      const proven = matchRedirectUri({ redirect_uris: registered }, requested);
      assert.equal(proven, registered.includes(requested) ? requested : undefined);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("matchRedirectUri: a client without redirect URIs has none that match", () => {
  assert.equal(matchRedirectUri({ redirect_uris: [] }, "https://rp.example.com/"), undefined);
});
