package dev.measure.uefi;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.util.function.Consumer;

final class UefiFuzzTest {
    private static void readsOrRefuses(byte[] data, Consumer<Source> reader) {
        try {
            reader.accept(Source.of("fuzz", data));
        } catch (MalformedInputException expected) {
            // refused: fine
        }
    }

    @FuzzTest(maxDuration = "30s")
    void signatureDatabases(byte[] data) {
        readsOrRefuses(data, source -> SignatureDatabase.read(source).signatures());
    }

    @FuzzTest(maxDuration = "30s")
    void authenticatedVariables(byte[] data) {
        readsOrRefuses(data, AuthenticatedVariable::read);
    }

    @FuzzTest(maxDuration = "30s")
    void certificates(byte[] data) {
        readsOrRefuses(data, X509Summary::read);
    }

    @FuzzTest(maxDuration = "30s")
    void variableData(byte[] data) {
        readsOrRefuses(data, VariableData::read);
    }

    @FuzzTest(maxDuration = "30s")
    void devicePaths(byte[] data) {
        readsOrRefuses(data, source -> DevicePath.read(source).text());
    }

    @FuzzTest(maxDuration = "30s")
    void loadOptions(byte[] data) {
        readsOrRefuses(data, source -> LoadOption.read(source).filePathList().text());
    }

    @FuzzTest(maxDuration = "30s")
    void partitionTables(byte[] data) {
        readsOrRefuses(data, source -> GuidPartitionTable.read(source).eventData());
        readsOrRefuses(data, GptEventData::read);
    }

    @FuzzTest(maxDuration = "30s")
    void variableStores(byte[] data) {
        readsOrRefuses(data, VariableStore::find);
        readsOrRefuses(data, VariableStore::read);
    }

    @FuzzTest(maxDuration = "30s")
    void efivarfsFiles(byte[] data) {
        readsOrRefuses(data, EfivarfsFile::read);
    }
}
