/** One JSON object as a command prints it. */
export const json = (data: object): string => `${JSON.stringify(data, null, 2)}\n`;

/** Gathers an option that may be given several times. */
export const collect = (value: string, before: readonly string[] = []): string[] => [
  ...before,
  value,
];
