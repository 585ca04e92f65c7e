import { z } from "zod";
import { FIELDS, type FieldName } from "./fields.js";

export type { AlertTarget, EtherPrice } from "./fields.js";

type Shape = { [K in FieldName]: (typeof FIELDS)[K]["schema"] };
const shape = Object.fromEntries(
  Object.entries(FIELDS).map(([name, { schema }]) => [name, schema]),
) as unknown as Shape;

/**
 * A whole configuration, checked. Unknown fields are refused: a misspelt limit would be no limit. The key itself is no field:
 * it comes from a file, the environment or a key service.
 */
export const configSchema = z
  .strictObject(shape)
  .refine((config) => config.keyFile === undefined || config.keystore === undefined, {
    error: "keyFile and keystore are both given: leave one out",
  });

export type Config = z.output<typeof configSchema>;
