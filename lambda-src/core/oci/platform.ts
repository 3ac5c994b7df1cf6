// Parses, formats and compares platforms, as written by users and listed by images. The rules are containerd's:
// https://github.com/containerd/platforms/tree/v1.0.0-rc.4
import { ConfigError } from '../errors.ts';
import type { Platform } from './descriptor.ts';
import { dropUndefined } from './json-fields.ts';
import { escapeText, quoteText } from './quotation.ts';

const componentPattern = /^[A-Za-z0-9_.-]+$/;

/**
 * Parses `OS/ARCH[/VARIANT]`, e.g. `linux/arm64` or `linux/arm/v7`. Other names of an architecture become Go's (`x86_64` is
 * `amd64`). The variant is the same as with containerd's parser, because a SOCI index's entry has the platform as
 * requested.
 *
 * @throws ConfigError if the text is not a platform.
 */
export function parsePlatform(text: string): Platform {
  const components = text.split('/');
  const [os, architecture, variant] = components;
  if (
    os === undefined ||
    architecture === undefined ||
    components.length > 3 ||
    !components.every((component) => componentPattern.test(component))
  ) {
    throw new ConfigError([
      `platform ${quoteText(text)}: expected OS/ARCH or OS/ARCH/VARIANT, for example linux/amd64 or linux/arm/v7`,
    ]);
  }
  const platform = normalizePlatform(dropUndefined({ architecture, os, variant }));
  if (platform.architecture === 'arm64' && variant !== undefined && platform.variant === undefined) {
    return { ...platform, variant: 'v8' };
  }
  if (platform.architecture === 'arm' && variant === undefined && platform.variant === 'v7') {
    return { architecture: platform.architecture, os: platform.os };
  }
  return platform;
}

/**
 * `OS/ARCH[/VARIANT]`, followed by the Windows version in parentheses, which may be the only difference between two
 * entries. Control characters in an image's platform are escaped, and a long one is shortened.
 */
export function formatPlatform(platform: Platform): string {
  const version = platform.os === 'windows' ? platform['os.version'] : undefined;
  const os = version === undefined ? platform.os : `${platform.os}(${version})`;
  const parts = [os, platform.architecture, platform.variant].filter((part) => part !== undefined);
  return escapeText(parts.join('/'));
}

/**
 * The canonical form of a platform: lower case, Go's names, and no variant if it is the architecture's default (amd64 v1,
 * arm64 v8); arm without a variant is v7.
 */
export function normalizePlatform(platform: Platform): Platform {
  const features = platform['os.features'];
  const { architecture, variant } = normalizeArchitecture(
    platform.architecture.toLowerCase(),
    platform.variant?.toLowerCase() ?? '',
  );
  return dropUndefined({
    architecture,
    os: normalizeOperatingSystem(platform.os.toLowerCase()),
    'os.version': platform['os.version'],
    'os.features': features && [...new Set(features)].sort(),
    variant: variant === '' ? undefined : variant,
  });
}

/**
 * Whether the `offered` platform satisfies the `wanted` one: same operating system, architecture and variant, and no
 * additional required features. `linux/arm/v6` is not `linux/arm/v7`, although it would run there.
 *
 * If both have a Windows version, it must be the same. containerd checks instead whether one version can run the other; here,
 * entries of an image must be distinguished.
 */
export function matchesPlatform(wanted: Platform, offered: Platform): boolean {
  const left = normalizePlatform(wanted);
  const right = normalizePlatform(offered);
  return (
    left.os === right.os &&
    left.architecture === right.architecture &&
    left.variant === right.variant &&
    (left.os !== 'windows' || matchesVersion(left['os.version'], right['os.version'])) &&
    (right['os.features'] ?? []).every((feature) => (left['os.features'] ?? []).includes(feature))
  );
}

/** A key that is equal for all spellings of one platform, and differs between platforms. */
export function platformKey(platform: Platform): string {
  const { 'os.version': version, ...rest } = normalizePlatform(platform);
  // As in containerd: only Windows images are bound to a version.
  return JSON.stringify(rest.os === 'windows' ? { ...rest, 'os.version': version } : rest);
}

/** Whether any runtime lazy-loads images of the platform: the SOCI snapshotter exists for Linux only. */
export function loadsLazily(platform: Platform): boolean {
  return normalizePlatform(platform).os === 'linux';
}

function matchesVersion(wanted: string | undefined, offered: string | undefined): boolean {
  return wanted === undefined || offered === undefined || wanted === offered;
}

function normalizeOperatingSystem(os: string): string {
  // Old images have no operating system. containerd assumes its own, and SOCI runs on Linux only.
  if (os === '') return 'linux';
  return os === 'macos' ? 'darwin' : os;
}

function normalizeArchitecture(
  architecture: string,
  variant: string,
): { architecture: string; variant: string } {
  switch (architecture) {
    case 'i386':
      return { architecture: '386', variant: '' };
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return { architecture: 'amd64', variant: variant === 'v1' ? '' : variant };
    case 'aarch64':
    case 'arm64':
      if (['8', 'v8', 'v8.0'].includes(variant)) return { architecture: 'arm64', variant: '' };
      if (['9', '9.0', 'v9.0'].includes(variant)) return { architecture: 'arm64', variant: 'v9' };
      return { architecture: 'arm64', variant };
    case 'armhf':
      return { architecture: 'arm', variant: 'v7' };
    case 'armel':
      return { architecture: 'arm', variant: 'v6' };
    case 'arm':
      if (variant === '') return { architecture, variant: 'v7' };
      return { architecture, variant: ['5', '6', '7', '8'].includes(variant) ? `v${variant}` : variant };
    default:
      return { architecture, variant };
  }
}
