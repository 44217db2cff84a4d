/** How all test files are run in a few parts: files of one part share one load of the server, which costs more than most of their tests. */

/** As many as there are files beside this one. */
const PARTS = 8;

/** Registers the tests of every eighth file, beginning with the one at this place. */
export async function part(place: number): Promise<void> {
  const files = await testFiles(new URL("../", import.meta.url));
  // Neighbours cost alike, so they go to different parts.
  for (const [n, file] of files.entries()) {
    if (n % PARTS === place) await import(file);
  }
}

async function testFiles(folder: URL): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) files.push(...await testFiles(new URL(`${name}/`, folder)));
    else if (/_test\.tsx?$/.test(name)) files.push(new URL(name, folder).href);
  }
  return files.sort();
}
