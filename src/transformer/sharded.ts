import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { InputError } from '../numeric/index.ts';
import { readJson } from './config.ts';
import { openSafetensors } from './safetensors.ts';
import type { TensorFile, TensorInfo } from './safetensors.ts';

const single = 'model.safetensors';
const index = 'model.safetensors.index.json';

/**
 * Opens a model's weights: a .safetensors file, an index of several, or a folder with `model.safetensors` or
 * `model.safetensors.index.json`.
 *
 * @throws InputError as `openSafetensors` and `openSharded` do, and for a folder without either
 */
export function openWeights(path: string): TensorFile {
  if (path.endsWith('.safetensors')) return openSafetensors(path);
  if (path.endsWith('.json')) return openSharded(path);
  if (existsSync(join(path, single))) return openSafetensors(join(path, single));
  if (existsSync(join(path, index))) return openSharded(join(path, index));
  const found = existsSync(path) ? readdirSync(path) : [];
  const named = found.filter((name) => name.endsWith('.safetensors'));
  const pickled = found.filter((name) => /^pytorch_model.*\.bin$/.test(name));
  const advice =
    named.length > 0
      ? `give the path of one of its weight files, ${named.join(', ')}`
      : pickled.length > 0
        ? `convert ${pickled.join(', ')} to safetensors (save_pretrained of Hugging Face transformers does)`
        : 'give a folder in Hugging Face layout';
  throw new InputError(`${path}: the folder has neither ${single} nor ${index}; ${advice}.`);
}

/**
 * Opens weights that are split over several files, as `model.safetensors.index.json` lists them: a JSON object whose
 * `weight_map` names the file of every tensor.
 *
 * @throws InputError for an index without a weight map, and, all in one message, for shards outside the folder or
 *   absent, for tensors that their shard does not hold, and for tensors that the index does not list
 */
export function openSharded(path: string): TensorFile {
  const map = readJson(path)['weight_map'];
  if (typeof map !== 'object' || map === null || Object.keys(map).length === 0) {
    throw new InputError(
      `${path}: weight_map is ${JSON.stringify(map) ?? 'absent'}, allowed is an object from tensor names to file names; download the index again.`,
    );
  }
  const problems: string[] = [];
  const listed = new Map<string, Set<string>>();
  for (const [tensor, shard] of Object.entries(map as Record<string, unknown>)) {
    if (typeof shard !== 'string' || basename(shard) !== shard || !shard.endsWith('.safetensors')) {
      problems.push(
        `"${tensor}" is in ${JSON.stringify(shard)}, which is no .safetensors file beside the index`,
      );
      continue;
    }
    if (!listed.has(shard)) listed.set(shard, new Set());
    listed.get(shard)!.add(tensor);
  }

  const home = new Map<string, TensorFile>();
  const tensors = new Map<string, TensorInfo>();
  for (const [shard, names] of listed) {
    const at = join(dirname(path), shard);
    if (!existsSync(at)) {
      problems.push(`${shard} is missing`);
      continue;
    }
    const file = openSafetensors(at);
    for (const name of names) {
      if (!file.tensors.has(name)) problems.push(`"${name}" is not in ${shard}`);
    }
    for (const [name, info] of file.tensors) {
      if (names.has(name)) {
        home.set(name, file);
        tensors.set(name, info);
      } else {
        problems.push(`"${name}" is in ${shard}, but not listed there`);
      }
    }
  }
  if (problems.length > 0) {
    throw new InputError(
      `${path}: the shards do not fit the index: ${problems.join('; ')}. Download the checkpoint again.`,
    );
  }
  return {
    path,
    tensors,
    read(name) {
      const file = home.get(name);
      if (!file) throw new InputError(`${path}: there is no tensor "${name}".`);
      return file.read(name);
    },
  };
}
