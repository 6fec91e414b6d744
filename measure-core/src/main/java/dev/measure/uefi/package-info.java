/**
 * UEFI's variables, signature databases, device paths and partition tables, as firmware stores and measures them.
 *
 * <p>{@code SignatureDatabase.read(Source.open(path))} reads the value of {@code db} from an {@code .esl} file;
 * {@link dev.measure.uefi.AuthenticatedVariable} opens an {@code .auth} file, {@link dev.measure.uefi.EfivarfsFile} a file of
 * Linux's efivarfs, and {@link dev.measure.uefi.VariableStore} the variables inside an OVMF image. What is in them:
 * {@link dev.measure.uefi.SignatureList} and {@link dev.measure.uefi.X509Summary}, {@link dev.measure.uefi.LoadOption} and
 * {@link dev.measure.uefi.DevicePath}. What firmware logs about them: {@link dev.measure.uefi.VariableData} and
 * {@link dev.measure.uefi.GptEventData}, the latter from a {@link dev.measure.uefi.GuidPartitionTable} on a disk.
 *
 * <p>All numbers are little-endian; all lengths in the files are checked before they are used.
 */
package dev.measure.uefi;
