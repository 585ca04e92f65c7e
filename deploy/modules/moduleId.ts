/** Ignition takes letters, digits and underscores only; facility names have hyphens. */
export const moduleId = (kind: string, name: string): string => `${kind}_${name.replaceAll("-", "_")}`;
