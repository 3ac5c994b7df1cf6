// The address of a private ECR registry, by its form. https://docs.aws.amazon.com/general/latest/gr/ecr.html

/** `ACCOUNT.dkr.ecr.REGION.amazonaws.com`, or that of another partition, of FIPS, or of both IP versions. */
const hostPattern =
  /^[0-9]{12}\.dkr[.-]ecr(?:-fips)?\.([a-z]{2}(?:-[a-z]+)+-[0-9]+)\.(?:amazonaws\.com|amazonaws\.com\.cn|on\.aws|on\.amazonwebservices\.com\.cn|[a-z0-9.]+\.(?:ic|hci\.ic|cloud\.adc-e)\.(?:gov|uk)|amazonaws\.eu)$/;

/** The region of the ECR registry that the host is; undefined if it is none. */
export function ecrRegionOf(host: string): string | undefined {
  return hostPattern.exec(host)?.[1];
}
