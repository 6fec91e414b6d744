package dev.measure.uefi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.measure.Source;
import dev.measure.eventlog.EventLog;
import dev.measure.eventlog.EventType;
import dev.measure.pe.PeImage;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Real boots with Secure Boot: the authorities that firmware logged are the ones found from files. */
class ImageAuthorityBootsTest {
    private static final Map<String, List<String>> IMAGES = new TreeMap<>(Map.of(
            "f-sb-v257", List.of("fixtures/ukis.tar.xz:ukis/v257.signed.efi"),
            "f-sb-v252", List.of("fixtures/loaders.tar.xz:loaders/v252.signed.efi"),
            "f-sb-addon257",
                    List.of(
                            "fixtures/ukis.tar.xz:ukis/v257.signed.efi",
                            "fixtures/ukis-2.tar.xz:ukis/a1.signed.addon.efi"),
            "f-sb-v257-ksigned", List.of("fixtures/ukis-2.tar.xz:ukis/v257-ksigned.signed.efi")));

    private static SignatureDatabase variable(VariableStore store, String name) {
        return SignatureDatabase.read(store.variable(ImageAuthority.IMAGE_SECURITY_DATABASE, name)
                .map(VariableStore.Variable::data)
                .orElse(Source.of(name, new byte[0])));
    }

    @TestFactory
    Stream<DynamicTest> authoritiesAreTheLoggedOnes() throws IOException {
        Optional<Path> variables = Shared.unxz("firmware/vars-ee46a4bc2788.fd.xz");
        if (variables.isEmpty()) {
            return Stream.empty();
        }
        return IMAGES.entrySet().stream()
                .map(boot -> dynamicTest(boot.getKey(), () -> {
                    try (Source store = Source.open(variables.get())) {
                        check(
                                boot.getKey(),
                                boot.getValue(),
                                VariableStore.find(store).orElseThrow());
                    }
                }));
    }

    private static void check(String boot, List<String> images, VariableStore store) throws IOException {
        Path log = Shared.file("vectors/boots/" + boot + "/eventlog.bin").orElseThrow();
        List<String> logged = new ArrayList<>();
        try (Source source = Source.open(log)) {
            EventLog.read(source).events().stream()
                    .filter(event -> event.type().equals(EventType.EV_EFI_VARIABLE_AUTHORITY))
                    .forEach(event ->
                            logged.add(HexFormat.of().formatHex(event.data().toByteArray())));
        }
        assertTrue(!logged.isEmpty(), "the boot logged an authority");
        Set<String> found = new LinkedHashSet<>();
        for (String image : images) {
            String[] parts = image.split(":");
            try (Source file = Source.open(Shared.untar(parts[0], parts[1]).orElseThrow())) {
                ImageAuthority authority =
                        ImageAuthority.of(PeImage.read(file), variable(store, "db"), variable(store, "dbx"));
                ImageAuthority.ByCertificate certificate =
                        assertInstanceOf(ImageAuthority.ByCertificate.class, authority, parts[1]);
                found.add(HexFormat.of().formatHex(ImageAuthority.eventData(certificate.entry())));
            }
        }
        assertEquals(logged, List.copyOf(found));
    }
}
