/** A float32 tensor to be written. */
export interface FloatTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * Tensors as a safetensors file of type F32, in the order given; the header is padded with blanks, so that values begin
 * at a multiple of 8 bytes.
 */
export function writeSafetensors(tensors: ReadonlyMap<string, FloatTensor>): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let bytes = 0;
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [bytes, bytes + data.byteLength] };
    bytes += data.byteLength;
  }
  const text = JSON.stringify(header);
  const length = Math.ceil(Buffer.byteLength(text) / 8) * 8;
  const file = new Uint8Array(8 + length + bytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  file.fill(0x20, 8, 8 + length);
  file.set(Buffer.from(text), 8);
  let at = 8 + length;
  for (const { data } of tensors.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}
