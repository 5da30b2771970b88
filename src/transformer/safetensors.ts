import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

import { bfloat16sToFloat32, halvesToFloat32, InputError } from '../numeric/index.ts';

/** Bytes per value of the types the format knows. */
const dtypeBytes = {
  F32: 4,
  F16: 2,
  BF16: 2,
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  I16: 2,
  U16: 2,
  I32: 4,
  U32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
} as const;

export type Dtype = keyof typeof dtypeBytes;

/** The types whose values can be read. */
export const readableDtypes = ['F32', 'F16', 'BF16'] as const;
type ReadableDtype = (typeof readableDtypes)[number];

export function isReadable(dtype: Dtype): dtype is ReadableDtype {
  return (readableDtypes as readonly Dtype[]).includes(dtype);
}

/** A tensor as its file's header describes it. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** First byte in the file. */
  readonly offset: number;
  readonly bytes: number;
}

/** A safetensors file whose header has been checked; the values are read on demand. */
export interface TensorFile {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /**
   * Reads one tensor from disk into a buffer of its own and widens it to float32.
   *
   * @throws InputError for an absent tensor, a type other than F32, F16 and BF16, a truncated file, NaN or infinity
   */
  read(name: string): Float32Array;
}

/** Longest header the reference implementation accepts. */
const maxHeaderBytes = 100_000_000;

/**
 * Reads and checks the header of a safetensors file (format: github.com/huggingface/safetensors): 8 bytes little-endian
 * header length, a JSON object name -> {dtype, shape, data_offsets}, then the values without gaps.
 *
 * @throws InputError if the file is absent or truncated, or if the header is no JSON object, names a tensor twice,
 *   holds an unknown type or a shape that does not fit its bytes, or leaves bytes unused or used twice
 */
export function openSafetensors(path: string): TensorFile {
  const { header, dataStart, fileBytes } = readHeader(path);
  const tensors = new Map<string, TensorInfo>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    tensors.set(name, tensorInfo(path, name, entry, dataStart));
  }
  checkCoverage(path, [...tensors.values()], dataStart, fileBytes);
  return { path, tensors, read: (name) => readTensor(path, tensors, name) };
}

function readHeader(path: string): {
  header: Record<string, unknown>;
  dataStart: number;
  fileBytes: number;
} {
  const file = open(path);
  try {
    const fileBytes = fstatSync(file).size;
    if (fileBytes < 8) {
      throw new InputError(
        `${path}: the file has ${fileBytes} bytes, but a safetensors file starts with 8 bytes of header length; download it again.`,
      );
    }
    const stated = readBytes(file, path, 0, 8).readBigUInt64LE();
    const length = Number(stated);
    const limit = Math.min(maxHeaderBytes, fileBytes - 8);
    if (length < 2 || length > limit) {
      throw new InputError(
        `${path}: the header length is ${stated}, allowed is 2 to ${limit} in a file of ${fileBytes} bytes; the file is truncated or no safetensors file.`,
      );
    }
    const text = readBytes(file, path, 8, length).toString('utf8');
    return { header: parseHeader(path, text), dataStart: 8 + length, fileBytes };
  } finally {
    closeSync(file);
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw new InputError(
      `${path}: cannot be opened (${(error as NodeJS.ErrnoException).code}); give the path of a safetensors file.`,
    );
  }
}

/** Reads exactly `bytes` bytes; a read may return fewer than asked for, so it repeats. */
function readBytes(file: number, path: string, offset: number, bytes: number): Buffer<ArrayBuffer> {
  const buffer = Buffer.from(new ArrayBuffer(bytes));
  let done = 0;
  while (done < bytes) {
    const got = readSync(file, buffer, done, Math.min(bytes - done, 2 ** 30), offset + done);
    if (got === 0) {
      throw new InputError(
        `${path}: the file ends at byte ${offset + done}, but bytes up to ${offset + bytes} are needed; download it again.`,
      );
    }
    done += got;
  }
  return buffer;
}

function parseHeader(path: string, text: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (error) {
    throw new InputError(
      `${path}: the header is not valid JSON (${(error as Error).message}); the file is damaged, download it again.`,
    );
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw new InputError(
      `${path}: the header is not a JSON object of tensors; the file is damaged, download it again.`,
    );
  }
  const seen = new Set<string>();
  for (const name of outerKeys(text)) {
    if (seen.has(name)) {
      throw new InputError(
        `${path}: the header names the tensor "${name}" twice, allowed is once; export the checkpoint again.`,
      );
    }
    seen.add(name);
  }
  return header as Record<string, unknown>;
}

/** Keys of the outermost object of valid JSON text, duplicates included (JSON.parse keeps only the last of them). */
function outerKeys(text: string): string[] {
  const keys: string[] = [];
  let depth = 0;
  let candidate: string | undefined;
  // A string, or one of the characters that matter for nesting; everything else is skipped.
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:,]/g)) {
    if (token.startsWith('"')) candidate = token;
    else if (token === ':' && depth === 1 && candidate) keys.push(JSON.parse(candidate) as string);
    else if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
  }
  return keys;
}

const isCount = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 0;

function tensorInfo(path: string, name: string, entry: unknown, dataStart: number): TensorInfo {
  const refuse = (what: string): never => {
    throw new InputError(`${path}: tensor "${name}" ${what}; export the checkpoint again.`);
  };
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string' || !Object.hasOwn(dtypeBytes, dtype)) {
    return refuse(
      `has dtype ${JSON.stringify(dtype)}, allowed are ${Object.keys(dtypeBytes).join(', ')}`,
    );
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    return refuse(`has shape ${JSON.stringify(shape)}, allowed is a list of sizes of 0 or more`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    return refuse(
      `has data_offsets ${JSON.stringify(offsets)}, allowed is [begin, end] with 0 <= begin <= end`,
    );
  }
  const [begin, end] = offsets as [number, number];
  const bytes = shape.reduce((product, size) => product * size, dtypeBytes[dtype as Dtype]);
  if (end - begin !== bytes) {
    return refuse(
      `has data_offsets [${begin}, ${end}], ${end - begin} bytes, but ${dtype} of shape [${shape.join(', ')}] needs ${bytes}`,
    );
  }
  return { name, dtype: dtype as Dtype, shape, offset: dataStart + begin, bytes };
}

function checkCoverage(
  path: string,
  tensors: TensorInfo[],
  dataStart: number,
  fileBytes: number,
): void {
  tensors.sort((a, b) => a.offset - b.offset || a.bytes - b.bytes);
  let at = dataStart;
  let last = 'the header';
  for (const { name, offset, bytes } of tensors) {
    if (offset !== at) {
      const begin = offset - dataStart;
      throw new InputError(
        offset < at
          ? `${path}: tensor "${name}" begins at data byte ${begin} and overlaps ${last}, which ends at ${at - dataStart}; export the checkpoint again.`
          : `${path}: tensor "${name}" begins at data byte ${begin}, which leaves a hole after ${last}, which ends at ${at - dataStart}; export the checkpoint again.`,
      );
    }
    at += bytes;
    last = `tensor "${name}"`;
  }
  if (at > fileBytes) {
    throw new InputError(
      `${path}: the file has ${fileBytes} bytes, but ${last} ends at byte ${at}; the file is truncated, download it again.`,
    );
  }
  if (at < fileBytes) {
    throw new InputError(
      `${path}: the file has ${fileBytes} bytes, but ${last} ends at byte ${at} and nothing may follow; download it again.`,
    );
  }
}

function readTensor(
  path: string,
  tensors: ReadonlyMap<string, TensorInfo>,
  name: string,
): Float32Array {
  const info = tensors.get(name);
  if (!info) throw new InputError(`${path}: there is no tensor "${name}".`);
  const { dtype, offset, bytes } = info;
  if (!isReadable(dtype)) {
    throw new InputError(
      `${path}: tensor "${name}" is ${dtype}, allowed are F32, F16 and BF16; convert the checkpoint to one of them.`,
    );
  }
  const file = open(path);
  let raw: ArrayBuffer;
  try {
    raw = readBytes(file, path, offset, bytes).buffer;
  } finally {
    closeSync(file);
  }
  const values = widen(dtype, raw);
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new InputError(
        `${path}: tensor "${name}" holds ${values[i]} at index ${i}, allowed are finite values; the checkpoint is damaged or its training diverged.`,
      );
    }
  }
  return values;
}

function widen(dtype: ReadableDtype, raw: ArrayBuffer): Float32Array {
  switch (dtype) {
    case 'F32':
      return new Float32Array(raw);
    case 'F16':
      return halvesToFloat32(new Uint16Array(raw));
    case 'BF16':
      return bfloat16sToFloat32(new Uint16Array(raw));
  }
}
