/**
 * What a boot measures, as one ordered list: the events that firmware, loader, stub and kernel leave, before anything is decided
 * about registers.
 *
 * <pre>{@code
 * BootInputs inputs = BootInputs.builder().uki(Uki.read(Source.open(Path.of("linux.efi")))).build();
 * BootPrediction boot = BootSequence.of(inputs);
 * }</pre>
 *
 * <p>Read next: {@link dev.measure.boot.BootInputs} (what can be given), {@link dev.measure.boot.BootSequence} (the order),
 * {@link dev.measure.boot.BootEvent} and {@link dev.measure.boot.Measured} (what one event is), {@link dev.measure.boot.BootPrediction}
 * (the variants of the list and what cannot be predicted), {@link dev.measure.boot.EventDigests} (one pass over the bytes for all
 * banks), {@link dev.measure.boot.BootProfiles} (behaviour by version), {@link dev.measure.boot.GrubInputs} (what a GRUB reads and runs).
 */
package dev.measure.boot;
