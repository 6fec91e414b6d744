/**
 * UKIs and f-UKIs: a kernel, what belongs to it, and the firmware that it brings along for its own confidential VM.
 *
 * <pre>{@code
 * try (Source file = Source.open(Path.of("linux.efi"))) {
 *     Uki uki = Uki.read(file);
 *     for (UkiFirmware firmware : uki.firmwares()) {
 *         System.out.println(firmware.firmware().fwid().orElse("?") + " " + firmware.firmware().payload());
 *     }
 * }
 * }</pre>
 *
 * <p>A {@link dev.measure.uki.Uki} has a base and {@link dev.measure.uki.Profile}s; the section table is cut into a
 * {@link dev.measure.uki.SectionRange} for each. Every {@code .efifw} section is a {@link dev.measure.uki.UkiFirmware} with an
 * {@link dev.measure.uki.EfiFirmware}; {@link dev.measure.uki.HardwareIds} say which machine it is for, and
 * {@link dev.measure.uki.FirmwareChoice} says which one the stub takes on a machine. {@link dev.measure.uki.FukiLint} knows the
 * traps. {@link dev.measure.uki.LoaderInfo} and {@link dev.measure.uki.StubVersion} say whose code the image runs,
 * {@link dev.measure.uki.Sbat} and {@link dev.measure.uki.KeyValueText} read the small texts.
 */
package dev.measure.uki;
