/** A certificate of this machine, for tests that speak TLS. */

import assert from "node:assert/strict";
import { join } from "node:path";

/** Whether there is an openssl that makes certificates. */
export const openssl: boolean = await (async () => {
  try {
    return (await new Deno.Command("openssl", { args: ["version"] }).output()).success;
  } catch {
    return false;
  }
})();

/** What the name of a test that needs one ends with: why it is ignored, if it is. */
export const opensslNote = openssl ? "" : " (ignored: no openssl)";

/** Makes a key and a certificate for `localhost` and 127.0.0.1 in a folder; answers their paths. */
export async function makeCertificate(
  folder: string,
): Promise<{ readonly key: string; readonly certificate: string }> {
  const [key, certificate] = [join(folder, "tls.key"), join(folder, "tls.crt")];
  const names = "subjectAltName=DNS:localhost,IP:127.0.0.1";
  const { success } = await new Deno.Command("openssl", {
    args: [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
      ...["-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", certificate],
      ...["-addext", names, "-addext", "basicConstraints=CA:FALSE"],
    ],
    stderr: "null",
  }).output();
  assert.ok(success);
  return { key, certificate };
}

/** Makes the certificate of a private key in PEM, for 20 days; signed by `issuer`, which is another's key and certificate, or by itself, then with an extension such as `keyUsage=keyAgreement`. */
export async function certificateFor(
  key: string,
  name: string,
  issuer?: { readonly key: string; readonly certificate: string },
  extension?: string,
): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    const at = (file: string) => join(folder, file);
    await Deno.writeTextFile(at("key"), key);
    await Deno.writeTextFile(at("issuer.key"), issuer?.key ?? key);
    await Deno.writeTextFile(at("issuer.crt"), issuer?.certificate ?? "");
    const run = async (args: string[]) => {
      const { success, stdout } = await new Deno.Command("openssl", { args, stderr: "null" })
        .output();
      assert.ok(success);
      return new TextDecoder().decode(stdout);
    };
    const request = ["req", "-new", "-key", at("key"), "-subj", `/CN=${name}`];
    if (issuer === undefined) {
      const added = extension === undefined ? [] : ["-addext", extension];
      return await run([...request, "-x509", "-days", "20", ...added]);
    }
    await Deno.writeTextFile(at("csr"), await run(request));
    const signer = ["-CA", at("issuer.crt"), "-CAkey", at("issuer.key"), "-set_serial", "7"];
    return await run(["x509", "-req", "-in", at("csr"), "-days", "20", ...signer]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
