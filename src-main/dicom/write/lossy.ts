/** LossyImageCompressionMethod (0028,2114) of the transfer syntaxes that may lose (PS3.3 section C.7.6.1.1.5.1). */
const METHODS: ReadonlyMap<string, string> = new Map([
  ['1.2.840.10008.1.2.4.50', 'ISO_10918_1'],
  ['1.2.840.10008.1.2.4.51', 'ISO_10918_1'],
  ['1.2.840.10008.1.2.4.81', 'ISO_14495_1'],
  ['1.2.840.10008.1.2.4.91', 'ISO_15444_1'],
  ['1.2.840.10008.1.2.4.203', 'ISO_15444_15'],
]);

/** The defined term of the method, or undefined where the transfer syntax loses nothing. */
export function lossyMethod(transferSyntax: string): string | undefined {
  return METHODS.get(transferSyntax);
}
