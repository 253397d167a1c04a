/** The fastest device that computes what the CPU computes. */
import { LipwireError } from '../../contract';
import { reasonOf } from './devices';
import { psnr } from './psnr';

/** A way to run a network: a device and a precision. */
export interface Way {
  device: string;
  precision: string;
}

/** A network that is open on a device. */
export interface OpenOn {
  /** Runs one batch of made-up inputs. */
  check(): Promise<Float32Array>;
  release(): Promise<void>;
}

export interface Chosen<T> extends Way {
  network: T;
  /** dB against the CPU; undefined on the CPU itself. */
  psnr?: number;
  /** Why the ways before this one were not taken. */
  reason?: string;
}

/** dB; below it two devices do not compute the same network. */
export const LEAST_PSNR = 35;

/**
 * Tries ways in their order. One is taken when it opens, agrees with the CPU on one batch to
 * {@link LEAST_PSNR}, and is not slower (a GPU in software, for instance).
 * @param cpu what is taken when none is; undefined where that would not be what was asked for
 * @throws E_NATIVE with all reasons when none is taken and there is no `cpu`
 */
export async function bestWay<T extends OpenOn>(
  ways: readonly Way[],
  open: (way: Way) => Promise<T>,
  cpu: Way,
  { isCpuTaken = true, isSpeedAsked = true }: { isCpuTaken?: boolean; isSpeedAsked?: boolean } = {},
): Promise<Chosen<T>> {
  let reference: { network: T; output: Float32Array; milliseconds: number } | undefined;
  const reasons: string[] = [];
  for (const way of ways) {
    const name = way.precision === 'fp32' ? way.device : `${way.device} in ${way.precision}`;
    try {
      const network = await open(way);
      reference ??= await releasing(network, () => openMeasured(open, cpu));
      const found = await releasing(network, () => measured(network));
      const agreement = psnr(reference.output, found.output);
      const isSlow = isSpeedAsked && found.milliseconds > reference.milliseconds;
      if (agreement >= LEAST_PSNR && !isSlow) {
        await reference.network.release();
        const reason = reasons.join('; ');
        return { ...way, network, psnr: agreement, ...(reason && { reason }) };
      }
      await network.release();
      reasons.push(
        agreement < LEAST_PSNR
          ? `${name} agrees with the CPU to ${agreement.toFixed(1)} dB only`
          : `${name} is slower than the CPU`,
      );
    } catch (error) {
      if (error instanceof LipwireError && error.code === 'E_CANCELLED') throw error;
      reasons.push(`${name}: ${reasonOf(error)}`);
    }
  }
  const reason = reasons.join('; ');
  if (!isCpuTaken) {
    await reference?.network.release();
    throw new LipwireError(
      'E_NATIVE',
      `Expected the device ${ways[0]?.device ?? 'of a GPU'} to run the network but it does not ` +
        `(${reason || 'there is none'}); choose auto or cpu for the device.`,
    );
  }
  const network = reference?.network ?? (await open(cpu));
  return { ...cpu, network, ...(reason && { reason }) };
}

/** What `work` gives; releases the network where it fails. */
async function releasing<R>(network: OpenOn, work: () => Promise<R>): Promise<R> {
  return work().catch(async (error: unknown) => {
    await network.release();
    throw error;
  });
}

async function openMeasured<T extends OpenOn>(open: (way: Way) => Promise<T>, way: Way) {
  const network = await open(way);
  return releasing(network, () => measured(network));
}

async function measured<T extends OpenOn>(network: T) {
  // The first run on a GPU compiles its programs.
  await network.check();
  const start = performance.now();
  const output = await network.check();
  return { network, output, milliseconds: performance.now() - start };
}
