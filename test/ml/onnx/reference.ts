/** TensorFlow's operators written out as plainly as can be, to compare the converted ones with. */

export interface Picture {
  height: number;
  width: number;
  channels: number;
  data: Float32Array;
}

const at = ({ height, width, channels, data }: Picture, y: number, x: number, c: number): number =>
  y < 0 || x < 0 || y >= height || x >= width ? NaN : data[(y * width + x) * channels + c];

/** Size of the result and the padding before it, by TensorFlow's documented rule. */
function geometry(size: number, kernel: number, stride: number, dilation: number, same: boolean) {
  const reach = (kernel - 1) * dilation + 1;
  if (!same) return { output: Math.ceil((size - reach + 1) / stride), before: 0 };
  const output = Math.ceil(size / stride);
  return { output, before: Math.floor(Math.max((output - 1) * stride + reach - size, 0) / 2) };
}

/** Visits every window: for each place of the result, the places of the input under the kernel. */
function windows(
  input: Picture,
  kernel: [number, number],
  stride: number,
  dilation: number,
  same: boolean,
  outputs: number,
  value: (read: (ky: number, kx: number, c: number) => number, output: number) => number,
): Picture {
  const rows = geometry(input.height, kernel[0], stride, dilation, same);
  const columns = geometry(input.width, kernel[1], stride, dilation, same);
  const data: number[] = [];
  for (let y = 0; y < rows.output; y++) {
    for (let x = 0; x < columns.output; x++) {
      const read = (ky: number, kx: number, c: number) =>
        at(
          input,
          y * stride - rows.before + ky * dilation,
          x * stride - columns.before + kx * dilation,
          c,
        );
      for (let output = 0; output < outputs; output++) data.push(value(read, output));
    }
  }
  return {
    height: rows.output,
    width: columns.output,
    channels: outputs,
    data: Float32Array.from(data),
  };
}

const orZero = (value: number): number => (Number.isNaN(value) ? 0 : value);

/** `kernel` is [height, width, channels in, channels out]. */
export function conv2d(
  input: Picture,
  [height, width, inputs, outputs]: [number, number, number, number],
  weights: Float32Array,
  { stride = 1, dilation = 1, same = true } = {},
): Picture {
  return windows(input, [height, width], stride, dilation, same, outputs, (read, output) => {
    let sum = 0;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < inputs; c++) {
          const weight = weights[((y * width + x) * inputs + c) * outputs + output];
          sum += orZero(read(y, x, c)) * weight;
        }
      }
    }
    return sum;
  });
}

/** `kernel` is [height, width, channels, multiplier]. */
export function depthwise(
  input: Picture,
  [height, width, channels, multiplier]: [number, number, number, number],
  weights: Float32Array,
  { stride = 1, dilation = 1, same = true } = {},
): Picture {
  const outputs = channels * multiplier;
  return windows(input, [height, width], stride, dilation, same, outputs, (read, output) => {
    let sum = 0;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const weight = weights[(y * width + x) * outputs + output];
        sum += orZero(read(y, x, Math.floor(output / multiplier))) * weight;
      }
    }
    return sum;
  });
}

export function pool(
  input: Picture,
  size: number,
  stride: number,
  same: boolean,
  combine: (values: number[]) => number,
): Picture {
  const { channels } = input;
  return windows(input, [size, size], stride, 1, same, channels, (read, channel) => {
    const values: number[] = [];
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) values.push(read(y, x, channel));
    }
    return combine(values.filter((value) => !Number.isNaN(value)));
  });
}
