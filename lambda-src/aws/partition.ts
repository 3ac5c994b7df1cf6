// The partitions of AWS with their domains, as the SDK has them (test/aws/partition.test.ts compares both). They are listed
// here because loading the SDK takes too long for commands that do not need it.
// https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html

/** Domains of regional service endpoints, for IPv4 only and for both IP versions. */
const serviceDomains = [
  ['amazonaws.com', 'api.aws'],
  ['amazonaws.com.cn', 'api.amazonwebservices.com.cn'],
  ['amazonaws.eu', 'api.amazonwebservices.eu'],
  ['c2s.ic.gov', 'api.aws.ic.gov'],
  ['sc2s.sgov.gov', 'api.aws.scloud'],
  ['cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk'],
  ['csp.hci.ic.gov', 'api.aws.hci.ic.gov'],
].flat();

/** Domains of customers' resources, such as a registry, for both IP versions. */
const ownDomains = ['on.aws', 'on.amazonwebservices.com.cn', 'on.amazonwebservices.eu'];

/** A region name: `eu-west-1`, `us-isob-east-1`, `eusc-de-east-1`. */
const regionName = '[a-z]{2,}(?:-[a-z]+)+-[0-9]+';

const regionPattern = new RegExp(`^${regionName}$`);
const registryPattern = new RegExp(
  `^[0-9]{12}\\.dkr[.-]ecr(?:-fips)?\\.(${regionName})\\.${anyOf([...serviceDomains, ...ownDomains])}$`,
);
const queuePattern = new RegExp(
  `^(?:(?:vpce-[a-z0-9-]+\\.)?sqs(?:-fips)?\\.(${regionName})(?:\\.vpce)?|(${regionName})\\.queue)\\.${anyOf(serviceDomains)}$`,
);

export function isRegion(name: string): boolean {
  return regionPattern.test(name);
}

/**
 * The region of a private ECR registry, from its host; undefined for another host.
 * https://docs.aws.amazon.com/general/latest/gr/ecr.html
 */
export function ecrRegionOf(host: string): string | undefined {
  return registryPattern.exec(host)?.[1];
}

/**
 * The region in the host of a queue's URL; undefined for another host.
 * https://docs.aws.amazon.com/general/latest/gr/sqs-service.html
 */
export function sqsRegionOf(host: string): string | undefined {
  const [, region, legacyRegion] = queuePattern.exec(host) ?? [];
  return region ?? legacyRegion;
}

function anyOf(domains: readonly string[]): string {
  return `(?:${domains.map((domain) => domain.replaceAll('.', '\\.')).join('|')})`;
}
