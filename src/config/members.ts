/** Which members the schema knows: for suggestions, and for overriding by environment variables. */

import type { z } from "zod";
import type { Path } from "./problem.ts";

type Schema = z.core.$ZodType;

/** A member that holds one text, number or truth value. */
export interface Scalar {
  readonly path: readonly string[];
  /** What it may hold. */
  readonly kinds: ReadonlySet<ScalarKind>;
}
/** What an environment variable may override. */
export type ScalarKind = "string" | "number" | "boolean";

/** The names of the members that may stand in the mapping at `path`. */
export function memberNames(schema: Schema, path: Path): readonly string[] {
  const def = definition(schema);
  const [step, ...rest] = path;
  if (def.type === "array") return step === undefined ? [] : memberNames(def.element, rest);
  if (def.type !== "object") return [];
  if (step === undefined) return Object.keys(def.shape);
  const member = def.shape[step];
  return member === undefined ? [] : memberNames(member, rest);
}

/** Every scalar member of a mapping and of the mappings in it; none of the elements of lists. */
export function scalars(schema: Schema, path: readonly string[] = []): Scalar[] {
  const def = definition(schema);
  if (def.type === "object") {
    return Object.entries(def.shape).flatMap(([name, member]) => scalars(member, [...path, name]));
  }
  const kinds = new Set(scalarKinds(schema));
  return kinds.size === 0 ? [] : [{ path, kinds }];
}

function scalarKinds(schema: Schema): ScalarKind[] {
  const def = definition(schema);
  switch (def.type) {
    case "string":
    case "number":
    case "boolean":
      return [def.type];
    case "enum":
      return ["string"];
    case "union":
      return def.options.flatMap(scalarKinds);
    default:
      return [];
  }
}

/** What a schema accepts, without defaults and transformations. */
function definition(schema: Schema): z.core.$ZodTypes["_zod"]["def"] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "optional":
    case "default":
    case "prefault":
      return definition(def.innerType);
    case "pipe":
      return definition(def.in);
    default:
      return def;
  }
}
