// Opens the store that an image name refers to.
import { homedir } from 'node:os';
import { text } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import type { ContentProbe, ContentReader, ContentStore } from '../content/content-store.ts';
import type { LayoutReader } from '../content/layout-reader.ts';
import { ConfigError } from '../core/errors.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import {
  formatReference,
  type ImageReference,
  otherReference,
  parseReference,
} from '../core/oci/reference.ts';
import { ecrRegionOf } from '../aws/partition.ts';
import { type CredentialsProvider, dockerCredentials, podmanCredentials } from '../registry/credentials.ts';

/** Options of every command that takes an IMAGE. */
export interface ImageAccessOptions {
  readonly username?: string;
  readonly passwordStdin: boolean;
  readonly plainHttp: boolean;
  readonly tls: boolean;
}

export interface OpenImage {
  readonly store: ContentReader & ContentProbe;
  /** The same store if it is writable. */
  readonly writableStore?: ContentStore;
  /** The name as given, completed with defaults. */
  readonly name: string;
  /** The reference to read: the digest if one was given, otherwise the tag. */
  readonly reference: string;
  readonly tag?: string;
  /** Whether it is in a layout or archive, which may contain only part of an image. */
  readonly mayBePartial: boolean;
  /** The name of an image in the same repository, layout or archive, by its digest. */
  readonly nameByDigest: (digest: Digest) => string;
  /** Notes for the user about the store, as sentences. */
  readonly notes: readonly string[];
  /**
   * All tags of the repository, in no particular order. @throws What the store throws if it cannot list them.
   */
  readonly listTags: () => Promise<readonly string[]>;
}

export function addImageAccessOptions(command: Command): Command {
  const options = [
    new Option(
      '--username <name>',
      'user name for the registry, instead of the one in the Docker config or from ECR',
    ),
    new Option('--password-stdin', 'read the password from standard input').default(false),
    new Option('--plain-http', 'connect to the registry without TLS (the default on loopback)').default(
      false,
    ),
    new Option('--tls', 'connect to the registry with TLS (the default elsewhere)').default(false),
  ];
  for (const option of options) command.addOption(option.helpGroup('Access to the registry:'));
  return command;
}

/** @throws ConfigError for an invalid name: malformed, or a layout with several images and no tag. */
export async function openImage(name: string, options: ImageAccessOptions): Promise<OpenImage> {
  const reference = parseReference(name);
  const scheme = schemeOf(options);
  const credentials = await readCredentials(options);
  switch (reference.kind) {
    case 'layout':
      return openLayout(reference);
    case 'archive':
      return openArchive(reference);
    case 'registry': {
      const { registry, repository } = reference;
      const { RegistryStore } = await import('../registry/registry-store.ts');
      const store = new RegistryStore({ registry, repository, credentials, scheme });
      return {
        ...imageDescriptionOf(reference),
        store,
        writableStore: store,
        notes: [],
        listTags: () => store.listTags(),
      };
    }
  }
}

/** @throws ConfigError if both options are given. */
function schemeOf({ plainHttp, tls }: ImageAccessOptions): 'http' | 'https' | undefined {
  if (plainHttp && tls) throw new ConfigError(['--tls and --plain-http cannot be used together']);
  if (plainHttp) return 'http';
  return tls ? 'https' : undefined;
}

async function openLayout(reference: ImageReference & { readonly kind: 'layout' }): Promise<OpenImage> {
  const { LayoutStore } = await import('../content/layout-store.ts');
  const store = new LayoutStore(reference.directory);
  return { ...(await chooseImage(reference, store)), store, writableStore: store, notes: [] };
}

async function openArchive(reference: ImageReference & { readonly kind: 'archive' }): Promise<OpenImage> {
  const { ArchiveStore } = await import('../content/archive-store.ts');
  const store = await ArchiveStore.open(reference.file);
  const note =
    'this archive was written by docker save, and docker push may push layers that differ from those in it: push the image from the archive or from --output (oras, skopeo), because the index fits only these layers';
  return { ...(await chooseImage(reference, store)), store, notes: store.isDockerSave ? [note] : [] };
}

type ImageDescription = Pick<OpenImage, 'name' | 'reference' | 'tag' | 'mayBePartial' | 'nameByDigest'>;

/** @throws ConfigError if the name has no tag, and the store has no image or several. */
async function chooseImage(
  reference: ImageReference,
  store: LayoutReader,
): Promise<ImageDescription & Pick<OpenImage, 'listTags'>> {
  const listTags = async () => (await store.listImages()).flatMap(({ tag }) => tag ?? []);
  if (reference.tag !== undefined || reference.digest !== undefined) {
    return { ...imageDescriptionOf(reference), listTags };
  }
  const images = await store.listImages();
  const [only, ...others] = images;
  const place = formatReference(reference);
  if (only === undefined) throw new ConfigError([`${place} contains no image`]);
  if (others.length > 0) {
    const names = images.map(({ tag, descriptor }) =>
      tag === undefined ? `@${descriptor.digest}` : `:${tag}`,
    );
    throw new ConfigError([
      `${place} contains ${images.length} images: add one of ${names.join(' ')} to its name`,
    ]);
  }
  const { digest } = only.descriptor;
  return {
    ...imageDescriptionOf(
      only.tag === undefined ? { ...reference, digest } : { ...reference, tag: only.tag },
    ),
    listTags,
  };
}

function imageDescriptionOf(reference: ImageReference): ImageDescription {
  const { tag, digest } = reference;
  const wanted = digest ?? tag;
  if (wanted === undefined)
    throw new ConfigError([`${formatReference(reference)}: expected a tag or a digest`]);
  return {
    name: formatReference(reference),
    reference: wanted,
    ...(tag !== undefined && { tag }),
    mayBePartial: reference.kind !== 'registry',
    nameByDigest: (other) => formatReference(otherReference(reference, { digest: other })),
  };
}

/** For an ECR registry without a Docker login: uses the credentials that the AWS SDK finds. */
const askEcr: CredentialsProvider = async (registry, repository) => {
  if (ecrRegionOf(registry) === undefined) return undefined;
  // The SDK is loaded here only, because it takes longer to load than the rest of the program.
  const { ecrCredentials } = await import('../aws/registry-authorization.ts');
  return ecrCredentials(registry, repository);
};

/** There is no option for the password, because other users of the machine can see options. */
async function readCredentials({
  username,
  passwordStdin,
}: ImageAccessOptions): Promise<CredentialsProvider> {
  if (username === undefined && !passwordStdin) {
    const fromDocker = dockerCredentials(process.env, homedir());
    const fromPodman = podmanCredentials(process.env);
    return async (registry, repository) =>
      (await fromDocker(registry, repository)) ??
      (await fromPodman(registry, repository)) ??
      (await askEcr(registry, repository));
  }
  if (username === undefined || !passwordStdin) {
    throw new ConfigError(['--username and --password-stdin must be used together']);
  }
  const password = (await text(process.stdin)).replace(/\r?\n$/, '');
  return () => Promise.resolve({ kind: 'password', username, password });
}
