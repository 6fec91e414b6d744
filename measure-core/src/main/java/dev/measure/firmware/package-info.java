/**
 * What a firmware file is, and what its tables say.
 *
 * <pre>{@code
 * Firmware firmware = Firmware.read(Source.open(Path.of("OVMF.fd")), Strictness.STRICT);
 * firmware.kind();                    // OVMF_CODE_AND_VARS
 * SevMetadata.find(firmware);         // the pages that SEV-SNP adds to the launch
 * FirmwareVersion.find(firmware);     // "2025.02-8+deb13u1"
 * }</pre>
 *
 * <p>Start at {@link dev.measure.firmware.Firmware}; {@link dev.measure.firmware.GuidedTable} is the table below its reset
 * vector, and {@link dev.measure.firmware.SevMetadata}, {@link dev.measure.firmware.TdxMetadata} and
 * {@link dev.measure.firmware.IgvmDescriptor} are what it leads to.
 */
package dev.measure.firmware;
