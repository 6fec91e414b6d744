package dev.measure.qemu;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/** An element of an XML document that has neither a document type nor entities of its own: such documents are refused. */
final class XmlElement {
    /** The largest document: a libvirt domain with a hundred devices is below 200 KiB. */
    private static final int MAX_FILE = 4 << 20;

    private static final int MAX_DEPTH = 64;

    private final String namespace;
    private final String name;
    private final long offset;
    private final Map<String, String> attributes = new LinkedHashMap<>();
    private final List<XmlElement> children = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();

    private XmlElement(String namespace, String name, long offset) {
        this.namespace = namespace;
        this.name = name;
        this.offset = offset;
    }

    static XmlElement read(Source source) {
        if (source.length() > MAX_FILE) {
            throw malformed(source, 0, "an XML document of at most " + MAX_FILE + " bytes", source.length() + " bytes");
        }
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setProperty(XMLInputFactory.IS_COALESCING, true);
        String text = text(source);
        long place = 0;
        try {
            XMLStreamReader reader = factory.createXMLStreamReader(new StringReader(text));
            Deque<XmlElement> open = new ArrayDeque<>();
            Optional<XmlElement> root = Optional.empty();
            while (reader.hasNext()) {
                int event = reader.next();
                place = Math.max(0, reader.getLocation().getCharacterOffset());
                switch (event) {
                    case XMLStreamConstants.START_ELEMENT -> {
                        XmlElement element = start(reader, place);
                        if (open.size() == MAX_DEPTH) {
                            throw malformed(source, place, "elements nested at most " + MAX_DEPTH + " deep", "more");
                        }
                        if (open.isEmpty()) {
                            root = Optional.of(element);
                        } else {
                            open.peek().children.add(element);
                        }
                        open.push(element);
                    }
                    case XMLStreamConstants.END_ELEMENT -> open.pop();
                    case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA -> {
                        if (!open.isEmpty()) {
                            open.peek().text.append(reader.getText());
                        }
                    }
                    case XMLStreamConstants.DTD, XMLStreamConstants.ENTITY_REFERENCE ->
                        throw malformed(source, place, "XML without a document type and entities", "one with them");
                    default -> {}
                }
            }
            return root.orElseThrow(XMLStreamException::new);
        } catch (MalformedInputException e) {
            throw e;
        } catch (XMLStreamException | RuntimeException e) {
            throw malformed(source, place, "well-formed XML", "something else");
        }
    }

    /** Decoded here: of bytes that are no UTF-8 the parser complains on the process's standard error, beside its exception. */
    private static String text(Source source) {
        ByteBuffer bytes = ByteBuffer.wrap(source.toByteArray());
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
            return text.startsWith("\ufeff") ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            throw malformed(source, bytes.position(), "XML in UTF-8", "a byte that is none");
        }
    }

    private static XmlElement start(XMLStreamReader reader, long place) {
        String namespace = reader.getNamespaceURI() == null ? "" : reader.getNamespaceURI();
        XmlElement element = new XmlElement(namespace, reader.getLocalName(), place);
        for (int i = 0; i < reader.getAttributeCount(); i++) {
            element.attributes.put(reader.getAttributeLocalName(i), reader.getAttributeValue(i));
        }
        return element;
    }

    static MalformedInputException malformed(Source source, long place, String expected, String found) {
        return new MalformedInputException(source.name(), source.start() + place, expected, found, "");
    }

    String name() {
        return name;
    }

    long offset() {
        return offset;
    }

    String text() {
        return text.toString().strip();
    }

    Optional<String> attribute(String key) {
        return Optional.ofNullable(attributes.get(key));
    }

    Optional<XmlElement> child(String child) {
        return children("", child).stream().findFirst();
    }

    List<XmlElement> children(String space, String child) {
        return children.stream()
                .filter(element -> element.name.equals(child) && element.namespace.equals(space))
                .toList();
    }
}
