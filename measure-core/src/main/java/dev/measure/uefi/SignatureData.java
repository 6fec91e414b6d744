package dev.measure.uefi;

import dev.measure.Source;
import java.util.UUID;

/**
 * EFI_SIGNATURE_DATA: one certificate or hash of a signature database (UEFI 2.10, section 32.4.1).
 *
 * @param owner SignatureOwner, who put it there
 * @param data SignatureData, the DER certificate or the hash
 * @param whole owner and data, as EV_EFI_VARIABLE_AUTHORITY measures them
 */
public record SignatureData(UUID owner, Source data, Source whole) {}
