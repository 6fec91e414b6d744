package dev.measure.boot;

import dev.measure.Evidence;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.eventlog.EventType;
import dev.measure.pe.PeImage;
import dev.measure.uefi.GuidName;
import dev.measure.uefi.ImageAuthority;
import dev.measure.uefi.SignatureData;
import dev.measure.uefi.SignatureDatabase;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What one program of a boot leaves for the next: Secure Boot, load options, and what has been measured once. */
final class BootState {
    /** Whether an image may start. */
    enum Admission {
        /** It may. */
        ALLOWED,
        /** Firmware refuses it. */
        REFUSED,
        /** The databases are not known. */
        UNKNOWN
    }

    private final EventRecorder recorder;
    private final Optional<Boolean> secureBoot;
    private final Optional<Databases> databases;
    private final List<byte[]> measured = new ArrayList<>();
    private Optional<PeImage> shim = Optional.empty();
    private String loadOptions;
    private final int profile;
    private boolean smbiosTagged;

    BootState(
            EventRecorder recorder,
            Optional<Boolean> secureBoot,
            Optional<FirmwareFacts> facts,
            String loadOptions,
            int profile) {
        this.recorder = recorder;
        this.secureBoot = secureBoot;
        this.loadOptions = loadOptions;
        this.profile = profile;
        this.databases = facts.filter(f -> f.variables().isPresent())
                .map(f -> new Databases(database(f, "db"), database(f, "dbx")));
    }

    /** What is allowed and what is forbidden. */
    private record Databases(SignatureDatabase db, SignatureDatabase dbx) {}

    private static SignatureDatabase database(FirmwareFacts facts, String name) {
        return SignatureDatabase.read(facts.variable(GuidName.EFI_IMAGE_SECURITY_DATABASE, name)
                .orElseGet(() -> Source.of(name, new byte[0])));
    }

    Optional<Boolean> secureBoot() {
        return secureBoot;
    }

    Optional<PeImage> shim() {
        return shim;
    }

    void shim(PeImage image) {
        shim = Optional.of(image);
    }

    String loadOptions() {
        return loadOptions;
    }

    void loadOptions(String text) {
        loadOptions = text;
    }

    int profile() {
        return profile;
    }

    /** {@return whether nobody has measured the SMBIOS structures yet; from now on somebody has} */
    boolean firstToTagSmbios() {
        boolean first = !smbiosTagged;
        smbiosTagged = true;
        return first;
    }

    /** Asks whether an image may start, and records the authority that allows it at its first use. */
    Admission admit(PeImage image) {
        if (secureBoot.isEmpty()) {
            return Admission.UNKNOWN;
        }
        if (!secureBoot.get() || shim.isPresent()) {
            return Admission.ALLOWED; // what shim allows is shim's matter: PCR 7 is then not predicted
        }
        if (databases.isEmpty()) {
            return Admission.UNKNOWN;
        }
        ImageAuthority authority =
                ImageAuthority.of(image, databases.get().db(), databases.get().dbx());
        authority.measured().ifPresent(entry -> record(image, entry, authority));
        boolean allowed =
                authority instanceof ImageAuthority.ByCertificate || authority instanceof ImageAuthority.ByDigest;
        return allowed ? Admission.ALLOWED : Admission.REFUSED;
    }

    /** Each entry is measured once, also when dbx forbids the image afterwards. */
    private void record(PeImage image, SignatureData entry, ImageAuthority authority) {
        byte[] whole = entry.whole().toByteArray();
        if (measured.stream().anyMatch(known -> Arrays.equals(known, whole))) {
            return;
        }
        measured.add(whole);
        recorder.add(
                "db entry that allows " + image.source().name(),
                Producer.FIRMWARE,
                7,
                EventType.EV_EFI_VARIABLE_AUTHORITY,
                ImageAuthority.eventData(entry),
                Provenance.FileRange.of(entry.whole()),
                authority instanceof ImageAuthority.ByCertificate ? Evidence.BOOT : Evidence.SOURCE);
    }
}
