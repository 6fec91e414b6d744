/**
 * TCG event logs: what firmware, boot loaders and kernels say they measured.
 *
 * <p>{@code Replay.of(EventLog.read(Source.open(path))).measurements()} reads a log of any format and gives the value of every register
 * that it extends. {@link dev.measure.eventlog.EventLog} is the log, {@link dev.measure.eventlog.TcgEvent} one record of it,
 * {@link dev.measure.eventlog.EventType} its type, {@link dev.measure.eventlog.EventData} its decoded data and
 * {@link dev.measure.eventlog.Replay} the registers; {@link dev.measure.eventlog.EventLogDiff} says where two logs part. Formats are
 * those of {@link dev.measure.eventlog.LogFormat}.
 *
 * <p>A log is input that nobody vouches for: only its digests, compared with registers that a TPM or a TD signed, are evidence. Reading
 * takes memory of fixed size, whatever the lengths in the log claim.
 */
package dev.measure.eventlog;
