import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { InputError } from '../numeric/index.ts';
import { openWeights, readConfig, tensorNames } from '../transformer/index.ts';
import type { MatrixKind, ModelConfig, TensorFile, TensorNames } from '../transformer/index.ts';

/** Name of the file that makes a folder a quantized model. */
export const quantizationFile = 'quantization.json';

/** Tensors that stayed in floating point. */
const tensorsFile = 'model.safetensors';
const formatName = 'systole-quantized-model';
const formatVersion = 1;

/** One matrix of a quantized model; plain data, so that it can go to a worker. */
export interface PackedMatrix {
  readonly name: string;
  readonly kind: MatrixKind;
  readonly shape: readonly [rows: number, columns: number];
  /** Complete options of the method. */
  readonly options: Readonly<Record<string, unknown>>;
  /** In the method's format. */
  readonly bytes: Uint8Array;
}

/** What calibration found at a linear layer. */
export interface SiteScale {
  /** Largest |x|. */
  readonly range: number;
  /** By the method, for methods with `calibrate`: a number, or other plain JSON data. */
  readonly scale?: unknown;
}

/** What a method made of a model; plain data. */
export interface QuantizedModel {
  readonly method: string;
  /** Complete options of the method for the model as a whole. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly matrices: readonly PackedMatrix[];
  /** Absent if the model was not calibrated. */
  readonly calibration?: {
    /** Name of the file. */
    readonly data: string;
    readonly examples: number;
    /** By `siteKey`. */
    readonly sites: Readonly<Record<string, SiteScale>>;
  };
}

/** A model folder: a checkpoint in Hugging Face layout, or one that `systole quantize` wrote. */
export interface StoredModel {
  /** As it was given. */
  readonly path: string;
  readonly folder: string;
  readonly config: ModelConfig;
  /** The tensors in floating point: all of them, or those that were not quantized. */
  readonly file: TensorFile;
  readonly names: TensorNames;
  /** Of a folder that `systole quantize` wrote. */
  readonly quantized?: QuantizedModel;
}

const count = z.int().min(0);
const options = z.record(z.string(), z.unknown());

const manifestSchema = z.object({
  format: z.literal(formatName),
  version: z.literal(formatVersion),
  method: z.string(),
  options,
  matrices: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['linear', 'embeddings', 'head']),
      shape: z.tuple([count, count]),
      options,
      file: z.string().regex(/^matrices\/[^/]+$/),
      bytes: count,
      sha256: z.string(),
    }),
  ),
  tensors: z.object({ file: z.literal(tensorsFile), sha256: z.string() }),
  calibration: z
    .object({
      data: z.string(),
      examples: count,
      sites: z.record(z.string(), z.object({ range: z.number(), scale: z.unknown().optional() })),
    })
    .optional(),
});

type Manifest = z.infer<typeof manifestSchema>;

/** A file of the folder to be written. */
export interface ModelFile {
  readonly path: string;
  readonly content: string | Uint8Array;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * The packed matrices, the tensors that stay in floating point and the manifest that lists them, as files.
 *
 * @param extension of the method's format
 * @param tensors as a safetensors file
 */
export function quantizedFiles(
  model: QuantizedModel,
  extension: string,
  tensors: Uint8Array,
): readonly ModelFile[] {
  const files = model.matrices.map(({ name, bytes }): ModelFile & { content: Uint8Array } => ({
    path: `matrices/${name.replaceAll(/[^\w.-]/g, '_')}.${extension}`,
    content: bytes,
  }));
  const manifest: Manifest = {
    format: formatName,
    version: formatVersion,
    method: model.method,
    options: model.options,
    matrices: model.matrices.map(({ name, kind, shape, options }, i) => ({
      name,
      kind,
      shape: [...shape],
      options,
      file: files[i]!.path,
      bytes: files[i]!.content.length,
      sha256: sha256(files[i]!.content),
    })),
    tensors: { file: tensorsFile, sha256: sha256(tensors) },
    ...(model.calibration && {
      calibration: { ...model.calibration, sites: { ...model.calibration.sites } },
    }),
  };
  return [
    ...files,
    { path: tensorsFile, content: tensors },
    { path: quantizationFile, content: `${JSON.stringify(manifest, null, 2)}\n` },
  ];
}

/** Whether a text is a manifest as `quantizedFiles` writes it. */
export function isQuantizationManifest(text: string): boolean {
  try {
    return (JSON.parse(text) as { format?: unknown } | null)?.format === formatName;
  } catch {
    return false;
  }
}

/**
 * Opens a model folder, or a .safetensors file with its config.json beside it; tensors stay on disk.
 *
 * @throws InputError as `readConfig` and `openWeights` do, and for a quantized model of which a file
 *   is absent, damaged or of another version
 */
export function openModel(path: string): StoredModel {
  const isFile = /\.(safetensors|json)$/.test(path);
  const folder = isFile ? dirname(path) : path;
  const config = readConfig(folder);
  const file = openWeights(path);
  const quantized = isFile ? undefined : readQuantized(folder);
  const present = new Set([
    ...file.tensors.keys(),
    ...(quantized?.matrices.map(({ name }) => name) ?? []),
  ]);
  return {
    path,
    folder,
    config,
    file,
    names: tensorNames(config, present),
    ...(quantized && { quantized }),
  };
}

function readQuantized(folder: string): QuantizedModel | undefined {
  const path = join(folder, quantizationFile);
  if (!existsSync(path)) return undefined;
  const refuse = (what: string): never => {
    throw new InputError(`${path}: ${what}; quantize the model again.`);
  };
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return refuse(`is not valid JSON (${(error as Error).message})`);
  }
  const result = manifestSchema.safeParse(json);
  if (!result.success) {
    const { path: at, message } = result.error.issues[0]!;
    return refuse(`${at.join('.') || 'the contents'}: ${message}`);
  }
  const { method, options, matrices, tensors, calibration } = result.data;
  const checked = (file: string, expected: string): Uint8Array => {
    let bytes: Uint8Array;
    try {
      // A copy: a Buffer may be a view into a pool, which would go to workers with it.
      bytes = new Uint8Array(readFileSync(join(folder, file)));
    } catch (error) {
      return refuse(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
    }
    if (sha256(bytes) === expected) return bytes;
    return refuse(`${file} was changed after it was written (its SHA-256 differs)`);
  };
  checked(tensors.file, tensors.sha256);
  return {
    method,
    options,
    matrices: matrices.map(
      ({ name, kind, shape, options, file, sha256: expected }): PackedMatrix => ({
        name,
        kind,
        shape,
        options,
        bytes: checked(file, expected),
      }),
    ),
    ...(calibration && { calibration: { ...calibration, sites: sitesOf(calibration.sites) } }),
  };
}

/** `exactOptionalPropertyTypes`: zod's optional keys may be there and undefined, ours may not. */
const sitesOf = (
  sites: Readonly<Record<string, { range: number; scale?: unknown }>>,
): Readonly<Record<string, SiteScale>> =>
  Object.fromEntries(
    Object.entries(sites).map(([key, { range, scale }]) => [
      key,
      { range, ...(scale !== undefined && { scale }) },
    ]),
  );
