package dev.measure.boot;

import dev.measure.Evidence;
import dev.measure.Source;
import dev.measure.eventlog.EventType;
import dev.measure.pe.PeImage;
import dev.measure.uefi.GuidName;
import dev.measure.uefi.ImageAuthority;
import dev.measure.uefi.SignatureData;
import dev.measure.uefi.SignatureDatabase;
import dev.measure.uefi.VariableData;
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
    private Optional<Shim> shim = Optional.empty();
    private boolean shimStays;
    private boolean unknownShim;
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

    /** {@return the shim that has run} */
    Optional<Shim> shim() {
        return shim;
    }

    void shim(Shim started) {
        shim = Optional.of(started);
        shimStays = true;
    }

    /** A shim has run of which nobody knows what it does. */
    void shimOfUnknownVersion() {
        unknownShim = true;
    }

    boolean unknownShim() {
        return unknownShim;
    }

    /** A boot loader has started something: a shim before 16 that watches this is gone then, unless it was asked to stay. */
    void loaderHasStarted(boolean askedShimToStay) {
        shimStays = shimStays
                && shim.filter(s -> s.stepsBack()
                                && !(askedShimToStay && s.behaviour().canStay()))
                        .isEmpty();
    }

    /**
     * {@return the shim that loads what a program starts, or that the program asks about it; empty if the firmware decides}
     *
     * @param leavesItToShim whether the program leaves it to a shim from 16 on to take over LoadImage, and asks older ones only
     */
    Optional<Shim> gatekeeper(boolean leavesItToShim) {
        return shim.filter(s -> shimStays)
                .filter(s -> !leavesItToShim || !s.behaviour().loadsImages() || s.loadsImages());
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
        if (!secureBoot.get() || unknownShim) {
            return Admission.ALLOWED; // what an unknown shim allows is its matter: PCR 7 is then not predicted
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
                VariableData.provenance(entry.whole()),
                authority instanceof ImageAuthority.ByCertificate ? Evidence.BOOT : Evidence.SOURCE);
    }
}
