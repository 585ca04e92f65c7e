/**
 * Ignition takes letters, digits and underscores only; facility names have hyphens. The capital letter at the end is in no name:
 * Ignition takes a module whose id begins with another's for a part of it, and would wait for ever.
 */
export const moduleId = (kind: string, name: string): string => `${kind}_${name.replaceAll("-", "_")}_M`;
