package dev.measure.boot;

import dev.measure.Evidence;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.eventlog.EventType;
import dev.measure.pe.PeImage;
import dev.measure.pe.PeSection;
import dev.measure.uefi.GuidName;
import dev.measure.uefi.ShimVerification;
import dev.measure.uefi.SignatureDatabase;
import dev.measure.uefi.VariableData;
import dev.measure.uki.SbatLevel;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What shim measures: its variables when it starts (shim mok.c, sbat.c), and each image that it loads or is asked about with the
 * authority that allows it (verify.c, pe.c, tpm.c).
 */
final class Shim {
    /** What shim decides about an image. */
    enum Admission {
        /** It runs. */
        ALLOWED,
        /** It does not. */
        REFUSED,
        /** The lists are not known. */
        UNKNOWN
    }

    /** Who brings an image to shim. */
    enum Caller {
        /** shim itself, which demands that it has an {@code .sbat}. */
        SHIM,
        /** A program that starts it through LoadImage, which shim has taken over. */
        LOAD_IMAGE,
        /** A program that asks shim about it: shim measures before it verifies. */
        PROTOCOL
    }

    /** With any of these MokManager starts instead of the boot loader (mok.c, check_mok_request). */
    private static final List<String> REQUESTS = List.of(
            "MokNew",
            "MokSB",
            "MokPW",
            "MokAuth",
            "MokDel",
            "MokDB",
            "MokXNew",
            "MokXDel",
            "MokXAuth",
            "MokListTrustedNew");

    private static final UUID X509 = UUID.fromString("a5c059a1-94e4-4aa7-87b5-ab155c2bf072");
    private static final UUID SHA256 = UUID.fromString("c1c41626-504c-4092-aca9-41f936934328");
    private static final int PCR_MOK = 14;
    private static final int SURPLUS = 5; // EFI_VARIABLE_DATA_TREE of shim 15, not packed: 40 bytes instead of 35
    private static final int POLICY_LATEST = 1;
    private static final int POLICY_AUTOMATIC = 2;
    private static final int POLICY_RESET = 3;

    private final EventRecorder recorder;
    private final ShimImage image;
    private final ShimBehaviour behaviour;
    private final Optional<Boolean> secureBoot;
    private final ShimVariables variables;
    private final Optional<SignatureDatabase> db;
    private final Optional<SignatureDatabase> dbx;
    private final List<VariableRecord> measured = new ArrayList<>();
    private Optional<SbatLevel> level = Optional.empty();
    private SignatureDatabase mirroredMokList = empty();
    private Optional<String> refusal = Optional.empty();

    /** What shim has measured into PCR 7 once, and not again. */
    private record VariableRecord(String name, UUID guid, byte[] data) {
        boolean is(String otherName, UUID otherGuid, byte[] otherData) {
            return name.equals(otherName) && guid.equals(otherGuid) && Arrays.equals(data, otherData);
        }
    }

    Shim(
            EventRecorder recorder,
            ShimImage image,
            ShimBehaviour behaviour,
            Optional<Boolean> secureBoot,
            Optional<FirmwareFacts> facts) {
        this.recorder = recorder;
        this.image = image;
        this.behaviour = behaviour;
        this.secureBoot = secureBoot;
        this.variables = new ShimVariables(facts.flatMap(FirmwareFacts::variables));
        boolean known = facts.flatMap(FirmwareFacts::variables).isPresent();
        this.db = known ? Optional.of(database(facts.get(), "db")) : Optional.empty();
        this.dbx = known ? Optional.of(database(facts.get(), "dbx")) : Optional.empty();
    }

    private static SignatureDatabase database(FirmwareFacts facts, String name) {
        return facts.variable(GuidName.EFI_IMAGE_SECURITY_DATABASE, name)
                .map(SignatureDatabase::read)
                .orElseGet(Shim::empty);
    }

    private static SignatureDatabase empty() {
        return SignatureDatabase.read(Source.of("no list", new byte[0]));
    }

    ShimBehaviour behaviour() {
        return behaviour;
    }

    /** {@return why shim does not get as far as the boot loader} */
    Optional<String> refusal() {
        return refusal;
    }

    /** secure_mode: whether shim verifies anything; the owner of the machine can turn that off with MokSBState. */
    boolean secureMode() {
        return secureBoot.orElse(false) && !variables.isSet("MokSBState");
    }

    /** {@return whether shim loads what boot loaders start} */
    boolean loadsImages() {
        return behaviour.loadsImages() && secureMode() && hasLists();
    }

    /** {@return whether shim watches what boot loaders start, and steps back when they start something} */
    boolean stepsBack() {
        return !behaviour.loadsImages() && secureMode() && hasLists();
    }

    private boolean hasLists() {
        return image.vendorCert().isPresent()
                || image.vendorDb().source().length() > 0
                || image.vendorDbx().source().length() > 0;
    }

    /** PCRs 7 and 14: what shim measures before it loads anything. */
    void start() {
        if (!variables.known()) {
            recorder.assume(
                    "mok",
                    "none",
                    "no variable store is given: no key or digest of the machine's owner (MokList), no MokSBState, MokListTrusted,"
                            + " MokPolicy, SbatLevel or SbatPolicy is taken to be there; --vars settles it");
        }
        if (behaviour.readsFolder() && secureMode()) {
            recorder.assume(
                    "shim-files",
                    "none",
                    "no shim_certificate*.efi or revocations*.efi is taken to lie beside shim, which would measure it into PCR 4");
        }
        List<String> requests = REQUESTS.stream().filter(variables::present).toList();
        if (!requests.isEmpty()) {
            String why =
                    "the variable store has " + requests.get(0) + ", so shim starts MokManager before the boot loader";
            recorder.unknown(4, why, "--vars of a machine without a pending request to MokManager");
            recorder.unknown(7, why, "--vars of a machine without a pending request to MokManager");
        }
        sbatLevel();
        mirror("MokList", authorized(), variables.data("MokList"));
        mirror("MokListX", image.vendorDbx().source().toByteArray(), variables.data("MokListX"));
        variables.data("MokSBState").ifPresent(value -> {
            variable("MokSBState", GuidName.SHIM_LOCK, value, "MokSBState", behaviour.evidence());
            ipl("MokSBState", Measured.of(value), Provenance.FileRange.of(value));
        });
        behaviour
                .sbatVariable()
                .ifPresent(name -> level.ifPresent(value -> variable(
                        name, GuidName.SHIM_LOCK, Source.of(name, value.toByteArray()), name, behaviour.evidence())));
        trusted();
        if (behaviour.mokPolicy()) {
            variables
                    .data("MokPolicy")
                    .ifPresent(value -> ipl("MokPolicy", Measured.of(value), Provenance.FileRange.of(value)));
        }
    }

    /** What shim adds to MokList: the vendor's list or certificate, then that of its build. */
    private byte[] authorized() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(image.vendorDb().source().toByteArray());
        image.vendorCert().ifPresent(certificate -> out.writeBytes(signatureList(X509, certificate.toByteArray())));
        image.buildCert().ifPresent(certificate -> {
            recorder.assume(
                    "shim-build-certificate",
                    "in MokList",
                    "shim carries the certificate that its build made for MokManager, and is taken to be built to use it");
            out.writeBytes(signatureList(X509, certificate.toByteArray()));
        });
        return out.toByteArray();
    }

    /** fill_esl_with_one_signature. */
    private static byte[] signatureList(UUID type, byte[] data) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(DevicePathBytes.guidBytes(type));
        out.writeBytes(EventBytes.u32(44 + data.length));
        out.writeBytes(EventBytes.u32(0));
        out.writeBytes(EventBytes.u32(16 + data.length));
        out.writeBytes(DevicePathBytes.guidBytes(GuidName.SHIM_LOCK));
        out.writeBytes(data);
        return out.toByteArray();
    }

    /** PCR 14: a list of the owner as the kernel will see it, after shim's own. */
    private void mirror(String name, byte[] own, Optional<Source> stored) {
        if (!behaviour.mirrorsAlways()) {
            stored.ifPresent(value -> ipl(name, Measured.of(value), Provenance.FileRange.of(value)));
            if (name.equals("MokList")) {
                mirroredMokList = stored.map(SignatureDatabase::read).orElseGet(Shim::empty);
            }
            return;
        }
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        whole.writeBytes(own);
        stored.ifPresent(value -> whole.writeBytes(value.toByteArray()));
        if (whole.size() == 0) {
            whole.writeBytes(signatureList(SHA256, new byte[32])); // so that there is one
        }
        Source value = Source.of(name + " as shim mirrors it", whole.toByteArray());
        List<Provenance> from =
                new ArrayList<>(List.of(Provenance.FileRange.of(image.image().source())));
        stored.ifPresent(source -> from.add(Provenance.FileRange.of(source)));
        ipl(name, Measured.of(value), new Provenance.Derived("shim's own list, then the variable", from));
        if (name.equals("MokList")) {
            mirroredMokList = SignatureDatabase.read(value);
        }
    }

    private void trusted() {
        Optional<Source> stored = variables.data("MokListTrusted");
        Optional<Source> value = switch (behaviour.mokListTrusted()) {
            case NEVER -> Optional.empty();
            case PRESENT -> stored;
            case ABSENT ->
                variables.present("MokListTrusted")
                        ? Optional.empty()
                        : Optional.of(Source.of("MokListTrusted", new byte[] {1}));
        };
        value.ifPresent(source -> {
            if (behaviour.mokListTrustedInPcr7()) {
                variable("MokListTrusted", GuidName.SHIM_LOCK, source, "MokListTrusted", behaviour.evidence());
            }
            ipl(
                    "MokListTrusted",
                    Measured.of(source),
                    stored.<Provenance>map(Provenance.FileRange::of)
                            .orElseGet(() -> new Provenance.Constant("shim", "mok.c, MOK_VARIABLE_INVERSE")));
        });
    }

    private void ipl(String name, Measured measured, Provenance provenance) {
        recorder.add(
                name,
                Producer.SHIM,
                PCR_MOK,
                EventType.EV_IPL,
                (name + '\0').getBytes(StandardCharsets.US_ASCII),
                measured,
                provenance,
                behaviour.evidence());
    }

    /** set_sbat_uefi_variable: which revocations hold, and are measured. */
    private void sbatLevel() {
        if (behaviour.sbatVariable().isEmpty()) {
            return;
        }
        boolean secure = secureBoot.orElse(false); // MokSBState is looked at later
        Optional<ShimVariables.Stored> stored =
                variables.stored(behaviour.sbatVariable().get());
        Optional<SbatLevel> current =
                stored.map(value -> SbatLevel.of(value.data().toByteArray()));
        boolean usable = stored.isPresent() && stored.get().plainAttributes();
        boolean reset = false;
        SbatLevel candidate = SbatLevel.of(SbatLevel.ORIGINAL);
        if (behaviour.choosesSbatLevel()) {
            int policy = policy();
            boolean toOriginal = policy == POLICY_RESET && !secure;
            if (behaviour.resetsSbatLevel()) {
                boolean known = policy == POLICY_LATEST || policy == POLICY_AUTOMATIC;
                toOriginal = !known && !secure;
            }
            reset = toOriginal;
            candidate = toOriginal ? candidate : policy == POLICY_LATEST ? latest() : automatic();
        }
        if (usable && !reset && keeps(current.get(), candidate)) {
            level = current;
        } else if (behaviour.resetsSbatLevel()
                && stored.isPresent()
                && revokesItself(candidate).isPresent()) {
            level = current; // "New SbatLevel would self-revoke current shim. Not applied"
            if (secure) {
                refusal = Optional.of(
                        "shim would revoke itself: " + revokesItself(candidate).get());
            }
        } else {
            level = Optional.of(candidate);
        }
        if (secure && refusal.isEmpty()) {
            refusal = level.filter(value -> !value.wellFormed())
                    .map(value -> "shim cannot read the revocations in the variable store")
                    .or(() -> level.flatMap(this::revokesItself).map(why -> "shim is revoked: " + why));
        }
    }

    private boolean keeps(SbatLevel current, SbatLevel candidate) {
        if (behaviour.choosesSbatLevel()) {
            return current.keptAgainst(candidate);
        }
        return behaviour.sbatVariable().get().equals("SBAT")
                != current.signed(); // 15.3 has the test the wrong way round
    }

    private int policy() {
        return variables
                .data("SbatPolicy")
                .filter(value -> value.length() > 0)
                .map(value -> value.slice(0, 1).toByteArray()[0] & 0xff)
                .orElse(0);
    }

    /** The revocations of shim 15.6 are in its code (include/sbat.h of the tag); later ones are in a section. */
    private SbatLevel automatic() {
        return behaviour.sbatLevelSection() ? own(image.automatic()) : SbatLevel.of(SbatLevel.ORIGINAL);
    }

    private SbatLevel latest() {
        return behaviour.sbatLevelSection() ? own(image.latest()) : SbatLevel.of("sbat,1,2022052400\nshim,2\ngrub,2\n");
    }

    private SbatLevel own(Optional<SbatLevel> given) {
        if (given.isEmpty()) {
            recorder.unknown(
                    7, "the shim has no section .sbatlevel with its revocations", "--loader with the shim that boots");
        }
        return given.orElseGet(() -> SbatLevel.of(SbatLevel.ORIGINAL));
    }

    private Optional<String> revokesItself(SbatLevel revocations) {
        return image.sbat().flatMap(section -> revocations.revokes(text(section)));
    }

    private static String text(Source section) {
        return new String(section.toByteArray(), StandardCharsets.ISO_8859_1);
    }

    /** Loads an image, or is asked about it: PCR 4, and PCR 7 if shim verifies. */
    Admission load(String name, PeImage program, Source file, Caller caller) {
        boolean verifyFirst = caller != Caller.PROTOCOL && behaviour.verifiesFirst();
        if (!verifyFirst) {
            application(name, program, file);
        }
        Admission admission = verify(name, program, caller);
        if (verifyFirst && admission != Admission.REFUSED) {
            application(name, program, file);
        }
        return admission;
    }

    /** Loads an add-on, which the boot goes on without if it is refused. */
    Admission loadAddon(String name, PeImage program, Source file, Caller caller) {
        Optional<String> before = refusal;
        Admission admission = load(name, program, file, caller);
        refusal = before;
        return admission;
    }

    private void application(String name, PeImage program, Source file) {
        recorder.add(
                name,
                Producer.SHIM,
                4,
                EventType.EV_EFI_BOOT_SERVICES_APPLICATION,
                EventBytes.imageLoad(new byte[0]),
                new Measured.Image(program),
                Provenance.FileRange.of(file),
                behaviour.evidence());
    }

    /** verify_buffer: signatures first, then revocations. */
    private Admission verify(String name, PeImage program, Caller caller) {
        if (!secureMode()) {
            return Admission.ALLOWED;
        }
        if (db.isEmpty()) {
            return Admission.UNKNOWN;
        }
        ShimVerification.Decision decision = ShimVerification.of(program, lists());
        decision.measured()
                .forEach(authority -> variable(
                        authority.name(),
                        authority.guid(),
                        authority.data(),
                        "entry of " + authority.name() + " that allows " + name,
                        behaviour.evidence()));
        if (decision.refusal().isPresent()) {
            refuse(name, decision.refusal().get());
            return Admission.REFUSED;
        }
        Optional<String> revoked = revoked(program, caller);
        revoked.ifPresent(why -> refuse(name, why));
        return revoked.isPresent() ? Admission.REFUSED : Admission.ALLOWED;
    }

    private void refuse(String name, String why) {
        if (refusal.isEmpty()) {
            refusal = Optional.of("shim does not let " + name + " run: " + why);
        }
    }

    private ShimVerification.Lists lists() {
        return new ShimVerification.Lists(
                db.get(),
                dbx.get(),
                variables.isSet("MokDBState"),
                image.vendorDb(),
                image.vendorDbx(),
                image.vendorCert(),
                image.buildCert(),
                behaviour.mokListVariable(),
                behaviour.mokListVariable().equals("MokListRT")
                        ? mirroredMokList
                        : variables.data("MokList").map(SignatureDatabase::read).orElseGet(Shim::empty),
                variables.data("MokListX").map(SignatureDatabase::read).orElseGet(Shim::empty),
                behaviour.measuresOwners());
    }

    /** verify_buffer_sbat. */
    private Optional<String> revoked(PeImage program, Caller caller) {
        if (level.isEmpty()) {
            return Optional.empty();
        }
        List<PeSection> sections = program.sections().stream()
                .filter(section -> section.name().equals(".sbat"))
                .toList();
        if (sections.size() > 1) {
            return Optional.of("it has more than one .sbat");
        }
        Optional<PeSection> section = sections.stream()
                .filter(found -> found.sizeOfRawData() > 0 && found.sizeOfRawData() >= found.virtualSize())
                .findFirst();
        if (section.isEmpty()) {
            return caller == Caller.SHIM ? Optional.of("it has no .sbat") : Optional.empty();
        }
        return level.get().revokes(text(section.get().content()));
    }

    /** tpm_measure_variable: PCR 7, each variable with each value once. */
    private void variable(String name, UUID guid, Source data, String what, Evidence evidence) {
        byte[] value = data.toByteArray();
        if (measured.stream().anyMatch(record -> record.is(name, guid, value))) {
            return;
        }
        measured.add(new VariableRecord(name, guid, value));
        byte[] bytes = VariableData.bytes(guid, name, value);
        byte[] hashed = behaviour.packed() ? bytes : Arrays.copyOf(bytes, bytes.length + SURPLUS);
        byte[] logged = behaviour.packed() ? bytes : Arrays.copyOf(bytes, bytes.length + SURPLUS + 1);
        recorder.add(
                what,
                Producer.SHIM,
                7,
                EventType.EV_EFI_VARIABLE_AUTHORITY,
                logged,
                Measured.of(what, hashed),
                VariableData.provenance(data),
                evidence);
    }
}
