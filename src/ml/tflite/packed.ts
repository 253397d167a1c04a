/** TensorFlow Lite models in a package of files, as Emscripten makes it for MediaPipe's npm packages. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { LipwireError } from '../../contract';
import type { TfjsModel } from '../tfjs/tfjs-model';
import { readTfliteModel } from './tflite-model';

/**
 * @param files the data, files end to end, and the script that loads it, which lists their names and places
 * @param entry name of the model's file
 * @throws E_MODEL_INVALID when the package does not have it, or it is not whole
 */
export async function readPackedModel(
  [dataFile, loaderFile]: readonly string[],
  entry: string,
): Promise<TfjsModel> {
  const data = await readFile(dataFile);
  const place = placeOf(entry, await readFile(loaderFile, 'utf8'));
  if (place && place.start < place.end && place.end <= data.length) {
    return readTfliteModel(data.subarray(place.start, place.end), path.basename(entry, '.tflite'));
  }
  throw new LipwireError(
    'E_MODEL_INVALID',
    `Expected ${entry} in ${dataFile} but ${place ? 'the file is cut off' : 'it is not listed'}; ` +
      'reinstall the package it belongs to.',
  );
}

/** An entry of the list: `{"filename": "/folder/NAME", "start": 0, "end": 100}`. */
const ENTRY = /\{\s*"filename":\s*"([^"]*)",\s*"start":\s*(\d+),\s*"end":\s*(\d+)/g;

function placeOf(name: string, loader: string): { start: number; end: number } | undefined {
  for (const [, file, start, end] of loader.matchAll(ENTRY)) {
    if (path.posix.basename(file) === name) return { start: Number(start), end: Number(end) };
  }
  return undefined;
}
