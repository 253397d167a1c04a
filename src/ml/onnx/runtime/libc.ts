/** The C library of this machine: native libraries are made for one. Undefined where it is no Linux. */
export function libc(): 'glibc' | 'musl' | undefined {
  return libcOf(process.platform, () => {
    // Networks take seconds to name on some machines, and nobody asks for them here.
    const report = process.report as { excludeNetwork?: boolean; getReport(): unknown };
    const before = report.excludeNetwork;
    report.excludeNetwork = true;
    try {
      return report.getReport();
    } finally {
      report.excludeNetwork = before;
    }
  });
}

/** The part of {@link libc} that reads Node.js' report on itself. */
export function libcOf(platform: string, report: () => unknown): 'glibc' | 'musl' | undefined {
  if (platform !== 'linux') return undefined;
  const { header } = report() as { header?: { glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime ? 'glibc' : 'musl';
}
