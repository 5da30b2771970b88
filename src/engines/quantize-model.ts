import { checkpointFrom, modelMatrices, writeSafetensors } from '../transformer/index.ts';
import type {
  AnyMethod,
  Checkpoint,
  Encoding,
  MatrixKind,
  MatrixReport,
  TensorFile,
  TensorInfo,
} from '../transformer/index.ts';
import { InputError } from '../numeric/index.ts';
import { calibrateSites } from './calibration.ts';
import { planMatrices } from './matrix-settings.ts';
import type { MatrixSettings } from './matrix-settings.ts';
import type { PackedMatrix, QuantizedModel, StoredModel } from './stored-model.ts';

/** Figures of one matrix of a quantized model. */
export type NamedReport = {
  readonly name: string;
  readonly kind: MatrixKind;
  readonly shape: readonly [rows: number, columns: number];
} & MatrixReport;

export interface QuantizeOptions {
  /** What to calibrate with; the model gets no ranges unless given. */
  readonly calibration?: { readonly data: string; readonly sequences: readonly Encoding[] };
  readonly onProgress?: (fraction: number, what: string) => void;
}

/**
 * Quantizes the matrices of a model that is in floating point.
 *
 * @throws InputError for a model that is quantized already, as `planMatrices` does, and for matrices that the method
 *   cannot quantize
 */
export async function quantizeModel(
  stored: StoredModel,
  checkpoint: Checkpoint,
  method: AnyMethod,
  settings: MatrixSettings,
  { calibration, onProgress }: QuantizeOptions = {},
): Promise<{ readonly model: QuantizedModel; readonly reports: readonly NamedReport[] }> {
  if (stored.quantized) {
    throw new InputError(
      `${stored.path}: the model is quantized already, by ${stored.quantized.method}; give the model that it was made from.`,
    );
  }
  const plan = planMatrices(method, modelMatrices(checkpoint, stored.names), settings);
  const matrices: PackedMatrix[] = [];
  const reports: NamedReport[] = [];
  const weights = plan.matrices.reduce((sum, { matrix: { data } }) => sum + data.length, 0);
  let done = 0;
  for (const { name, kind, matrix: w, options } of plan.matrices) {
    onProgress?.(done / weights, name);
    const { packed, report } = method.quantize(w, name, options);
    const shape = [w.rows, w.columns] as const;
    matrices.push({ name, kind, shape, options, bytes: method.format.write(packed) });
    reports.push({ name, kind, shape, ...report });
    done += w.data.length;
  }
  const sites =
    calibration &&
    (await calibrateSites(checkpoint, calibration.sequences, method, plan.options, (fraction) =>
      onProgress?.(fraction, 'calibration'),
    ));
  return {
    model: {
      method: method.name,
      options: plan.options,
      matrices,
      ...(calibration && {
        calibration: {
          data: calibration.data,
          examples: calibration.sequences.length,
          sites: sites!,
        },
      }),
    },
    reports,
  };
}

/** A quantized model in memory. */
export interface AssembledModel {
  /** Its quantized matrices dequantized. */
  readonly checkpoint: Checkpoint;
  /** The quantized matrices in the method's own form, by tensor. */
  readonly packed: ReadonlyMap<string, unknown>;
}

/**
 * The checkpoint that a quantized model stands for.
 *
 * @param stored where the tensors are that stayed in floating point; those that were quantized may be there too and
 *   are not looked at
 * @throws InputError for packed matrices that are damaged or of the wrong shape
 */
export function assembleModel(
  stored: StoredModel,
  quantized: QuantizedModel,
  method: AnyMethod,
): AssembledModel {
  const packed = new Map<string, unknown>();
  const values = new Map<string, Float32Array>();
  const tensors = new Map(stored.file.tensors);
  for (const { name, bytes } of quantized.matrices) {
    const q: unknown = method.format.read(bytes, `${stored.path}: ${name}`);
    const { rows, columns, data } = method.dequantize(q);
    packed.set(name, q);
    values.set(name, data);
    tensors.set(name, {
      name,
      dtype: 'F32',
      shape: [rows, columns],
      offset: 0,
      bytes: data.byteLength,
    });
  }
  // A copy of the words for the decoder would no longer be equal to them.
  if (values.has(stored.names.words)) tensors.delete(stored.names.decoder.weight);
  const file: TensorFile = {
    path: stored.file.path,
    tensors,
    read: (name) => values.get(name) ?? stored.file.read(name),
  };
  return { checkpoint: checkpointFrom(stored.config, file), packed };
}

/** Size of a quantized model beside that of the model in float32. */
export interface WholeModel {
  /** All that the model uses, quantized or not. */
  readonly parameters: number;
  readonly quantizedParameters: number;
  /** Packed matrices, and float32 for the rest. */
  readonly bytes: number;
  /** float32 size / `bytes` */
  readonly compression: number;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** The tensors that the model uses and that stay in floating point. */
function remaining(
  { file, names }: StoredModel,
  checkpoint: Checkpoint,
  model: QuantizedModel,
): readonly TensorInfo[] {
  const gone = new Set([
    ...checkpoint.unused.map(({ tensor }) => tensor),
    ...model.matrices.map(({ name }) => name),
    // The decoder is the table of words; a copy of it is no parameter of its own.
    names.decoder.weight,
    ...(file.tensors.has(names.mlmBias) && names.decoder.bias !== names.mlmBias
      ? [names.decoder.bias]
      : []),
  ]);
  return [...file.tensors.values()].filter(({ name }) => !gone.has(name));
}

/**
 * @param stored the model in floating point
 * @returns the file of the tensors that stay so
 */
export function remainingTensors(
  stored: StoredModel,
  checkpoint: Checkpoint,
  model: QuantizedModel,
): Uint8Array {
  const kept = remaining(stored, checkpoint, model);
  return writeSafetensors(
    new Map(kept.map(({ name, shape }) => [name, { shape, data: stored.file.read(name) }])),
  );
}

export function wholeModel(
  stored: StoredModel,
  checkpoint: Checkpoint,
  model: QuantizedModel,
): WholeModel {
  const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
    items.reduce((total, item) => total + of(item), 0);
  const quantizedParameters = sum(model.matrices, ({ shape }) => sizeOf(shape));
  const floats = sum(remaining(stored, checkpoint, model), ({ shape }) => sizeOf(shape));
  const bytes = sum(model.matrices, (matrix) => matrix.bytes.length) + 4 * floats;
  const parameters = quantizedParameters + floats;
  return { parameters, quantizedParameters, bytes, compression: (4 * parameters) / bytes };
}
