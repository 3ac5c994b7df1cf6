// Addresses of this machine and its network link. A remote registry must not be able to redirect us there, because metadata
// services at such addresses hand out the machine's own credentials. Private networks are allowed, since registries and
// their storage may be there.
import { lookup as lookUpHost, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

const localAddresses = new BlockList();
localAddresses.addSubnet('0.0.0.0', 8);
localAddresses.addSubnet('127.0.0.0', 8);
// Link-local: 169.254.169.254 is the metadata service of AWS and others, 169.254.170.2 that of ECS tasks.
localAddresses.addSubnet('169.254.0.0', 16);
localAddresses.addAddress('100.100.100.200');
localAddresses.addAddress('::', 'ipv6');
localAddresses.addAddress('::1', 'ipv6');
localAddresses.addSubnet('fe80::', 10, 'ipv6');
localAddresses.addSubnet('fd00:ec2::', 32, 'ipv6');

const loopbackAddresses = new BlockList();
loopbackAddresses.addSubnet('127.0.0.0', 8);
loopbackAddresses.addAddress('::1', 'ipv6');

/** Whether a URL's host name refers to the loopback interface. Names are not resolved. */
export function isLoopbackHost(hostname: string): boolean {
  const host = withoutBrackets(hostname);
  if (isIP(host) === 0) return isLocalhostName(host);
  return loopbackAddresses.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4');
}

/** Whether a URL's host name refers to this machine or its network link. Names are not resolved. */
export function isLocalHost(hostname: string): boolean {
  const host = withoutBrackets(hostname);
  return isIP(host) === 0 ? isLocalhostName(host) : isLocalAddress(host);
}

/** A name lookup that fails if the name resolves to this machine or its network link. */
export const lookUpRemoteHost: LookupFunction = (hostname, options, callback) => {
  lookUpHost(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, []);
      return;
    }
    if (addresses.some(({ address }) => isLocalAddress(address))) {
      const refusal = new Error(`${hostname} resolves to an address of this machine or its network link`);
      callback(Object.assign(refusal, { code: 'ERR_LOCAL_ADDRESS' }), []);
      return;
    }
    if (options.all === true) {
      callback(null, addresses);
      return;
    }
    const { address, family } = addresses[0] as LookupAddress;
    callback(null, address, family);
  });
};

function isLocalhostName(host: string): boolean {
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  return name === 'localhost' || name.endsWith('.localhost');
}

function isLocalAddress(address: string): boolean {
  return localAddresses.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** URLs have IPv6 addresses in brackets, sockets do not. */
export function withoutBrackets(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}
