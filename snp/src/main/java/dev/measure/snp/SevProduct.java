package dev.measure.snp;

import java.util.Locale;
import java.util.Optional;

/** A generation of processors, which decides how a TCB version is laid out and whose root key signs. */
public enum SevProduct {
    /** Zen 3, family 0x19. */
    MILAN("Milan", 0x19, 0x00, 0x0f, "9f056bee44377e29308cb5ffa895bdfb62d18881fa6bed8d6f075b0204089cb9"),
    /** Zen 4, family 0x19; Bergamo and Siena share its root key. */
    GENOA("Genoa", 0x19, 0x10, 0xaf, "429a69c9422aa258ee4d8db5fcda9c6470ef15f8cd5a9cebd6cbc7d90b863831"),
    /** Zen 5, family 0x1a. */
    TURIN("Turin", 0x1a, 0x00, 0x1f, "4f125410563a2ab9a50356f9243f6fe0b6f73de98603f53f90339c70e9d7ad08");

    /** Zen 5 and later have the layout of TCB versions that begins with FMC. */
    private static final int ZEN5_FAMILY = 0x1a;

    private final String productName;
    private final int family;
    private final int firstModel;
    private final int lastModel;
    private final String rootKey;

    SevProduct(String productName, int family, int firstModel, int lastModel, String rootKey) {
        this.productName = productName;
        this.family = family;
        this.firstModel = firstModel;
        this.lastModel = lastModel;
        this.rootKey = rootKey;
    }

    /** {@return the name as AMD's certificates spell it} */
    public String productName() {
        return productName;
    }

    /** {@return SHA-256 of the SubjectPublicKeyInfo of AMD's root key (ARK) for the product} */
    String rootKey() {
        return rootKey;
    }

    /** {@return whether processors of a family have TCB versions that begin with FMC} */
    static boolean fmcFirst(int family) {
        return family >= ZEN5_FAMILY;
    }

    /**
     * {@return the product of a processor, if it is known}
     *
     * @param family family with the extended family added
     * @param model model with the extended model put in front
     */
    public static Optional<SevProduct> of(int family, int model) {
        for (SevProduct product : values()) {
            boolean inModels = model >= product.firstModel && model <= product.lastModel;
            // Family 0x19 has client processors between the servers' models.
            boolean client = product == GENOA && model >= 0x20 && model < 0xa0;
            if (family == product.family && inModels && !client) {
                return Optional.of(product);
            }
        }
        return Optional.empty();
    }

    /**
     * {@return the product of a name in a certificate, if it is known}
     *
     * @param name such as {@code Milan-B0} or {@code Turin}
     */
    static Optional<SevProduct> ofName(String name) {
        for (SevProduct product : values()) {
            String upper = name.toUpperCase(Locale.ROOT);
            if (upper.equals(product.name()) || upper.startsWith(product.name() + "-")) {
                return Optional.of(product);
            }
        }
        return Optional.empty();
    }
}
