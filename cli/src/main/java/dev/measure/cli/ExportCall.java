package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.FieldComparison;
import dev.measure.Register;
import dev.measure.Source;
import dev.measure.corim.Corim;
import dev.measure.corim.EntityMap;
import dev.measure.corim.SignedCorim;
import dev.measure.corim.ValidityMap;
import dev.measure.export.CorimExport;
import dev.measure.export.ReferenceSet;
import dev.measure.export.ResultFile;
import dev.measure.export.Rvps;
import dev.measure.golden.GoldenInput;
import dev.measure.golden.GoldenValue;
import dev.measure.sign.EcSigningKey;
import dev.measure.snp.GuestPolicy;
import dev.measure.tpm.Pcr11Value;
import dev.measure.tpm.PcrPrediction;
import dev.measure.tpm.PcrValues;
import dev.measure.tpm.PcrlockComponent;
import dev.measure.tpm.PolicySigningKey;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * One export: the values and what the command line says about the form.
 *
 * @param call the command line
 * @param references the selected values
 * @param events the events behind them, if the input has any
 */
record ExportCall(Call call, ReferenceSet references, List<ResultFile.Event> events) {
    /** Bits of POLICY, SEV-SNP Firmware ABI, section 4.3. */
    private static final int GUEST_POLICY_SMT = 16;

    private static final int GUEST_POLICY_SINGLE_SOCKET = 20;

    Rvps.Evidence evidence() {
        return choice("--evidence", Rvps.Evidence.values(), Rvps.Evidence::id, Rvps.Evidence.PLAIN);
    }

    Rvps rvps() {
        Map<String, Object> others = policies();
        others.putAll(literals());
        return new Rvps(references, evidence(), pairs("--name"), others);
    }

    /** {@return the registers alone, for forms that hold digests only} */
    Rvps rvpsOfDigests() {
        return new Rvps(references, evidence(), pairs("--name"), Map.of());
    }

    /** What the policies of a lock file demand of reports, under the names that Trustee's default policies ask for. */
    private Map<String, Object> policies() {
        Map<String, Object> values = new LinkedHashMap<>();
        Rvps.Evidence evidence = evidence();
        Optional<GuestPolicy> guest = guestPolicy()
                .filter(policy -> references.has(register -> register.id().equals("snp"))
                        && evidence != Rvps.Evidence.AZ_TDX_VTPM);
        guest.ifPresent(policy -> {
            boolean smt = (policy.bits() >> GUEST_POLICY_SMT & 1) == 1;
            boolean single = (policy.bits() >> GUEST_POLICY_SINGLE_SOCKET & 1) == 1;
            if (evidence == Rvps.Evidence.AZ_SNP_VTPM) {
                // Its claims are texts, and its rules look into lists.
                values.put("abi_major", List.of(Integer.toString(policy.abiMajor())));
                values.put("abi_minor", List.of(Integer.toString(policy.abiMinor())));
                values.put("single_socket", List.of(Boolean.toString(single)));
                values.put("smt_allowed", List.of(Boolean.toString(smt)));
            } else {
                values.put("snp_guest_abi_major", policy.abiMajor());
                values.put("snp_guest_abi_minor", policy.abiMinor());
                values.put("snp_single_socket", single);
                values.put("snp_smt_allowed", smt);
            }
        });
        demand("tdx", "xfam")
                .filter(xfam -> references.has(register -> register.id().equals("mrtd"))
                        && evidence != Rvps.Evidence.AZ_SNP_VTPM)
                // The bytes of the field in a quote, little-endian.
                .ifPresent(xfam -> values.put("xfam", List.of(String.format("%016x", Long.reverseBytes(xfam)))));
        return values;
    }

    /** The reader of lock files lets no other text through than a number. */
    private Optional<Long> demand(String technology, String field) {
        return new FieldComparison(technology, references.golden().policies().getOrDefault(technology, Map.of()))
                .number(field);
    }

    private Optional<GuestPolicy> guestPolicy() {
        return demand("snp", "policy").map(GuestPolicy::new);
    }

    /** A URI by RFC 3986: with a scheme. */
    private Optional<String> uri(String option) {
        Optional<String> text = call.value(option);
        text.ifPresent(uri -> {
            try {
                if (new URI(uri).isAbsolute()) {
                    return;
                }
            } catch (URISyntaxException e) {
                // said below
            }
            throw Complaint.usage(
                    option + ": expected a URI with its scheme, got '" + uri + "'", "such as https://acme.example");
        });
        return text;
    }

    Instant expires() {
        return call.value("--expires")
                .map(text -> moment("--expires", text))
                .orElseThrow(() -> Complaint.usage(
                        "--expires is missing: a record of RVPS must say until when it holds",
                        "give a date such as 2027-01-31; measure reads no clock"));
    }

    CorimExport corimExport(CorimExport.Reader reader) {
        Optional<EntityMap> maker =
                call.value("--entity").map(name -> new EntityMap(name, uri("--entity-uri"), List.of()));
        if (maker.isEmpty() && call.has("--entity-uri")) {
            throw Complaint.usage("--entity-uri is about an --entity, and none is given", "");
        }
        return new CorimExport(
                reader,
                call.value("--id"),
                maker,
                validity(),
                choice("--chip-key", new String[] {"vcek", "vlek"}, text -> text, "vcek")
                        .equals("vlek"),
                policy());
    }

    CorimExport.Reader corimReader() {
        return choice("--corim-for", CorimExport.Reader.values(), CorimExport.Reader::id, CorimExport.Reader.VERAISON);
    }

    Corim corim() {
        return corimExport(corimReader()).corim(references);
    }

    byte[] signedCorim() {
        String signer = call.value("--signer")
                .orElseThrow(() -> Complaint.usage("--signer is missing: a signed CoRIM names who signed it", ""));
        return SignedCorim.sign(
                        corim(),
                        new SignedCorim.Meta(signer, uri("--signer-uri"), validity()),
                        call.value("--key-id").map(id -> id.getBytes(StandardCharsets.UTF_8)),
                        ecKey())
                .encode();
    }

    private Optional<Long> policy() {
        Optional<GuestPolicy> given = call.value("--policy").map(words -> {
            try {
                return GuestPolicy.parse(words);
            } catch (IllegalArgumentException e) {
                throw Complaint.usage("--policy: " + e.getMessage(), "");
            }
        });
        return given.or(this::guestPolicy).map(GuestPolicy::bits);
    }

    private Optional<ValidityMap> validity() {
        Optional<Instant> from = call.value("--not-before").map(text -> moment("--not-before", text));
        Optional<Instant> to = call.value("--not-after").map(text -> moment("--not-after", text));
        if (to.isEmpty()) {
            if (from.isPresent()) {
                throw Complaint.usage("--not-before needs --not-after: a validity has an end", "");
            }
            return Optional.empty();
        }
        if (from.isPresent() && from.get().isAfter(to.get())) {
            throw Complaint.usage("--not-after lies before --not-before", "");
        }
        return Optional.of(new ValidityMap(from, to.get()));
    }

    EcSigningKey ecKey() {
        return Keys.read(() -> EcSigningKey.read(call.inputs().open(keyName()), passphrase()));
    }

    PolicySigningKey policyKey() {
        return Keys.read(() -> PolicySigningKey.read(call.inputs().open(keyName()), passphrase()));
    }

    private String keyName() {
        return call.value("--sign-key")
                .orElseThrow(() -> Complaint.usage("--sign-key is missing: this form is signed", ""));
    }

    private Optional<Source> passphrase() {
        return call.value("--passphrase-file").map(file -> call.inputs().open(file));
    }

    /** {@return the inputs that a statement is about: those of --subject, or all} */
    List<GoldenInput> subjects() {
        List<GoldenInput> all = references.golden().inputs();
        if (!call.has("--subject")) {
            return all;
        }
        List<GoldenInput> subjects = new ArrayList<>();
        for (String name : call.values("--subject")) {
            List<GoldenInput> named =
                    all.stream().filter(input -> input.name().equals(name)).toList();
            if (named.isEmpty()) {
                List<String> known = all.stream().map(GoldenInput::name).toList();
                throw Complaint.usage(
                        "--subject: no input is called '" + name + "'",
                        Suggestion.didYouMean(name, known) + "all: " + String.join(", ", known));
            }
            subjects.add(named.get(0));
        }
        return subjects;
    }

    /** {@return the values of PCRs, all of them} */
    PcrValues pcrValues() {
        Map<DigestAlgorithm, SortedMap<Integer, List<Digest>>> values = new EnumMap<>(DigestAlgorithm.class);
        references.digests().forEach((register, digests) -> {
            if (register instanceof Register.Pcr pcr) {
                values.computeIfAbsent(pcr.bank(), bank -> new TreeMap<>()).put(pcr.index(), digests);
            }
        });
        if (values.isEmpty()) {
            throw new IllegalArgumentException("there is no value of a PCR to export");
        }
        return new PcrValues(values);
    }

    /** {@return the PCRs of one bank, for forms that hold one value of each} */
    PcrValues singlePcrs() {
        ExportCall pcrs =
                new ExportCall(call, references.only(value -> value.register() instanceof Register.Pcr), events);
        pcrs.references().single();
        return pcrs.pcrValues();
    }

    List<Pcr11Value> pcr11() {
        List<Pcr11Value> values = new ArrayList<>();
        for (GoldenValue value : references.golden().values()) {
            if (value.register().id().equals("pcr11")) {
                Map<String, String> of = value.parameters();
                String phase = of.getOrDefault("phase", "none");
                values.add(new Pcr11Value(
                        value.digest(),
                        Integer.parseInt(of.getOrDefault("profile", "0")),
                        Optional.ofNullable(of.get("fwid")).filter(id -> !id.equals(PcrPrediction.NO_FIRMWARE)),
                        phase.equals("none") ? "" : phase));
            }
        }
        if (values.isEmpty()) {
            throw new IllegalArgumentException("there is no value of PCR 11, which is what systemd signs");
        }
        // The order of systemd-measure, and of measure pcr sign.
        values.sort(Comparator.comparingInt(Pcr11Value::profile)
                .thenComparing(value -> value.fwid().orElse(""))
                .thenComparing(Pcr11Value::phase)
                .thenComparing(value -> value.value().algorithm()));
        return values;
    }

    /** {@return the events of PCRs as a component, the banks of an event in one record, in the order of the log} */
    PcrlockComponent pcrlock() {
        references.only(value -> value.register() instanceof Register.Pcr).single();
        Map<Integer, Map<DigestAlgorithm, List<ResultFile.Event>>> byPcr = new TreeMap<>();
        Set<GoldenValue.Status> logs = EnumSet.noneOf(GoldenValue.Status.class);
        references.values().forEach((register, values) -> {
            if (register instanceof Register.Pcr pcr) {
                GoldenValue value = values.get(0);
                logs.add(value.status());
                List<ResultFile.Event> list = events.stream()
                        .filter(event -> event.id().equals(value.id()))
                        .toList();
                byPcr.computeIfAbsent(pcr.index(), any -> new EnumMap<>(DigestAlgorithm.class))
                        .put(pcr.bank(), list);
            }
        });
        if (byPcr.isEmpty() || events.isEmpty()) {
            throw new IllegalArgumentException("this form holds the events of PCRs, and the input has none");
        }
        if (byPcr.size() > 1 && logs.size() > 1) {
            throw Complaint.usage(
                    "--format pcrlock: " + PcrStyle.PCRLOCK_OF_TWO_LOGS,
                    "take one PCR: --select register=pcr"
                            + byPcr.keySet().iterator().next());
        }
        List<PcrlockComponent.Placed> records = new ArrayList<>();
        byPcr.forEach((pcr, banks) -> {
            int count = banks.values().iterator().next().size();
            if (banks.values().stream().anyMatch(list -> list.size() != count)) {
                throw new IllegalArgumentException("the banks of PCR " + pcr + " have other events");
            }
            for (int i = 0; i < count; i++) {
                int event = i;
                List<ResultFile.Event> same =
                        banks.values().stream().map(list -> list.get(event)).toList();
                records.add(new PcrlockComponent.Placed(
                        same.get(0).place(),
                        new PcrlockComponent.Entry(
                                pcr, same.stream().map(ResultFile.Event::digest).toList())));
            }
        });
        if (byPcr.size() > 1 && !PcrlockComponent.isOrdered(records)) {
            call.talk()
                    .say(
                            "note: systemd-pcrlock finds a component by the order of its records in the log, which these do not tell:"
                                    + " take one PCR for each component, with --select register=pcr"
                                    + byPcr.keySet().iterator().next());
        }
        return PcrlockComponent.inOrder(records);
    }

    /** {@return the pairs of an option such as --name REGISTER=NAME} */
    private Map<String, String> pairs(String option) {
        Map<String, String> pairs = new LinkedHashMap<>();
        for (String text : call.values(option)) {
            int equals = text.indexOf('=');
            if (equals < 1 || equals == text.length() - 1) {
                throw Complaint.usage(option + ": expected KEY=VALUE, got '" + text + "'", "");
            }
            if (pairs.put(text.substring(0, equals), text.substring(equals + 1)) != null) {
                throw Complaint.usage(option + ": " + text.substring(0, equals) + " is given twice", "");
            }
        }
        return pairs;
    }

    /** Whole numbers, true and false are themselves, a list has commas, all else is text. */
    private Map<String, Object> literals() {
        Map<String, Object> literals = new LinkedHashMap<>();
        pairs("--value")
                .forEach((name, text) -> literals.put(
                        name,
                        text.startsWith("[") && text.endsWith("]")
                                ? Arrays.stream(text.substring(1, text.length() - 1)
                                                .split(",", -1))
                                        .map(String::strip)
                                        .map(ExportCall::literal)
                                        .toList()
                                : literal(text)));
        return literals;
    }

    private static Object literal(String text) {
        if (text.matches("-?(0|[1-9][0-9]{0,17})")) {
            return Long.parseLong(text);
        }
        return text.equals("true") || text.equals("false") ? (Object) text.equals("true") : text;
    }

    String text(String option, String fallback) {
        return call.value(option).orElse(fallback);
    }

    <T> T choice(String option, T[] all, Function<T, String> id, T fallback) {
        Optional<String> given = call.value(option);
        if (given.isEmpty()) {
            return fallback;
        }
        List<String> ids = Arrays.stream(all).map(id).toList();
        int place = ids.indexOf(given.get());
        if (place < 0) {
            throw Complaint.usage(
                    option + " must be one of " + String.join(", ", ids) + ", got '" + given.get() + "'",
                    Suggestion.didYouMean(given.get(), ids).strip());
        }
        return all[place];
    }

    private static Instant moment(String option, String text) {
        try {
            Instant moment = text.length() == 10
                    ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
                    : Instant.parse(text);
            if (moment.truncatedTo(ChronoUnit.SECONDS).equals(moment)
                    && moment.atOffset(ZoneOffset.UTC).getYear() >= 1970
                    && moment.atOffset(ZoneOffset.UTC).getYear() <= 9999) {
                return moment;
            }
        } catch (DateTimeParseException e) {
            // the same complaint
        }
        throw Complaint.usage(
                option + ": expected a date such as 2027-01-31 or 2027-01-31T12:00:00Z, got '"
                        + text.toLowerCase(Locale.ROOT) + "'",
                "");
    }
}
