package dev.measure.cli;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.nio.file.Path;
import java.util.Map;

/** Any exception but {@link MalformedInputException} is a finding; and no manifest names a file outside of its folder. */
class ManifestFuzzTest {
    private static final ManifestFolder FOLDER = new ManifestFolder(Path.of("no-such-folder", "measure.yaml"));

    @FuzzTest(maxDuration = "60s")
    void readsOrRefusesManifests(byte[] data) {
        Manifest manifest;
        try {
            manifest = ManifestReader.read(Source.of("fuzz", data), FOLDER, Map.of("HOME", "/root"));
        } catch (MalformedInputException expected) {
            return; // the only exception there is
        }
        for (Manifest.Artifact artifact : manifest.artifacts().values()) {
            Path path = FOLDER.path().resolve(artifact.file()).normalize();
            if (!path.startsWith(FOLDER.path())) {
                throw new AssertionError(artifact.file());
            }
        }
    }
}
