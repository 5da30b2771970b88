import { readFileSync } from 'node:fs';

/** The text of a document of the project. */
export const documentText = (name: string): string =>
  readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

export interface Sample {
  readonly language: string;
  readonly code: string;
}

/** The fenced samples of a document, in order. */
export const samplesOf = (text: string): Sample[] =>
  [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, code]) => ({
    language: language!,
    code: code!,
  }));
