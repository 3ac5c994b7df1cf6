// Platforms: what a user writes, what an image's index says, and when the two mean the same. The rules are containerd's:
// https://github.com/containerd/platforms/tree/v1.0.0-rc.4
import { ConfigError } from '../errors.ts';
import type { Platform } from './descriptor.ts';
import { dropUndefined } from './json-fields.ts';
import { escapeText, quoteText } from './quotation.ts';

const componentPattern = /^[A-Za-z0-9_.-]+$/;

/**
 * The platform that `OS/ARCH[/VARIANT]` names, e.g. `linux/arm64` or `linux/arm/v7`. Other names of an architecture
 * become Go's (`x86_64` is `amd64`); the variant stays as containerd's parser leaves it, because a SOCI index's entry
 * in an image index carries the platform as it was asked for.
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
 * `OS/ARCH[/VARIANT]`, with the version of a Windows in parentheses, without which two entries would look the same. An
 * image may call its platform anything: what a terminal would obey is escaped, and a long one is cut.
 */
export function formatPlatform(platform: Platform): string {
  const version = platform.os === 'windows' ? platform['os.version'] : undefined;
  const os = version === undefined ? platform.os : `${platform.os}(${version})`;
  const parts = [os, platform.architecture, platform.variant].filter((part) => part !== undefined);
  return escapeText(parts.join('/'));
}

/**
 * The one form that stands for all spellings of a platform: small letters, Go's names, and no variant where it is the
 * architecture's first (amd64 v1, arm64 v8); for arm the variant is v7 unless another is given.
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
 * Whether an image for the `offered` platform is one for the `wanted` platform: the same system, architecture and
 * variant, and no feature needed that is not wanted. `linux/arm/v6` is not `linux/arm/v7`, though it would run there.
 *
 * Where both give a Windows version it must be the same. containerd asks instead whether a Windows of the one version
 * runs the other; but here each entry of an image is to be told from the next.
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

/** The same text for all spellings of one platform, and another for each other platform. */
export function platformKey(platform: Platform): string {
  const { 'os.version': version, ...rest } = normalizePlatform(platform);
  // As containerd matches: only a Windows image is bound to a version of its system.
  return JSON.stringify(rest.os === 'windows' ? { ...rest, 'os.version': version } : rest);
}

/** Whether any runtime loads images of the platform lazily: only Linux has the SOCI snapshotter. */
export function loadsLazily(platform: Platform): boolean {
  return normalizePlatform(platform).os === 'linux';
}

function matchesVersion(wanted: string | undefined, offered: string | undefined): boolean {
  return wanted === undefined || offered === undefined || wanted === offered;
}

function normalizeOperatingSystem(os: string): string {
  // The first images did not name their system. containerd takes its own; whatever runs SOCI runs Linux.
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
