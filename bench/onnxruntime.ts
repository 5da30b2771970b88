/** A product with weights that stay, as onnxruntime computes it on one core. */
export interface OnnxProduct {
  run(x: Float32Array): Promise<Float32Array>;
}

/** What is used of onnxruntime-node, which bench/package.json alone names. */
interface Onnxruntime {
  readonly InferenceSession: {
    create(model: Uint8Array, options: object): Promise<Session>;
  };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => Tensor;
}

interface Session {
  run(inputs: Record<string, Tensor>): Promise<Record<string, Tensor>>;
}

interface Tensor {
  readonly data: Float32Array;
}

/** The package, or why it cannot be used. */
export async function loadOnnxruntime(): Promise<Onnxruntime | string> {
  // Not a literal: the package need not be there when types are checked.
  const name: string = 'onnxruntime-node';
  try {
    return (await import(name)) as Onnxruntime;
  } catch (error) {
    const absent = (error as { code?: string }).code === 'ERR_MODULE_NOT_FOUND';
    return absent ? 'not installed: make bench' : `not loadable: ${(error as Error).message}`;
  }
}

/** x [rows x inner] times the transposed w [columns x inner], as a model of one MatMul with a constant. */
export async function onnxProduct(
  { InferenceSession, Tensor }: Onnxruntime,
  w: Float32Array,
  shape: { readonly rows: number; readonly columns: number; readonly inner: number },
): Promise<OnnxProduct> {
  const session = await InferenceSession.create(matmulModel(w, shape), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  return {
    run: async (x) => {
      const { y } = await session.run({ x: new Tensor('float32', x, [shape.rows, shape.inner]) });
      return y!.data;
    },
  };
}

/** The bytes of an ONNX model (protocol buffers; numbers of the fields from onnx.proto3). */
function matmulModel(
  w: Float32Array,
  { rows, columns, inner }: { rows: number; columns: number; inner: number },
): Uint8Array {
  const transposed = new Float32Array(w.length);
  for (let j = 0; j < columns; j++) {
    for (let p = 0; p < inner; p++) transposed[p * columns + j] = w[j * inner + p]!;
  }
  const float32 = 1;
  const value = (name: string, dims: readonly number[]): Uint8Array => {
    const shape = message(...dims.map((dim) => bytes(1, message(varint(1, dim)))));
    return message(
      text(1, name),
      bytes(2, message(bytes(1, message(varint(1, float32), bytes(2, shape))))),
    );
  };
  const constant = message(
    varint(1, inner),
    varint(1, columns),
    varint(2, float32),
    text(8, 'w'),
    bytes(9, new Uint8Array(transposed.buffer)),
  );
  const graph = message(
    bytes(1, message(text(1, 'x'), text(1, 'w'), text(2, 'y'), text(4, 'MatMul'))),
    text(2, 'product'),
    bytes(5, constant),
    bytes(11, value('x', [rows, inner])),
    bytes(12, value('y', [rows, columns])),
  );
  const [irVersion, operatorSet] = [8, 13];
  return message(varint(1, irVersion), bytes(7, graph), bytes(8, message(varint(2, operatorSet))));
}

function message(...fields: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(fields);
}

function unsigned(value: number): number[] {
  const out: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...out, rest];
    out.push((rest % 128) + 128);
  }
}

const varint = (field: number, value: number): Uint8Array =>
  Uint8Array.from([...unsigned(field * 8), ...unsigned(value)]);

const bytes = (field: number, content: Uint8Array): Uint8Array =>
  Buffer.concat([
    Uint8Array.from([...unsigned(field * 8 + 2), ...unsigned(content.length)]),
    content,
  ]);

const text = (field: number, content: string): Uint8Array => bytes(field, Buffer.from(content));
