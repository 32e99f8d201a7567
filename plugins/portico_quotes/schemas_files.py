"""What the API answers about files at quotes."""

from __future__ import annotations

import colander

from portico.api.schema import Uuid

String, Node = colander.String, colander.SchemaNode


class QuoteFile(colander.MappingSchema):
    id = Node(Uuid())
    name = Node(String())
    media_type = Node(String())
    size = Node(colander.Integer(), description="bytes")
    state = Node(String(), description="scanning, clean (it can be downloaded) or refused (a virus was found)")
    uploaded_by = Node(String())
    created_at = Node(colander.DateTime())


class QuoteFileList(colander.SequenceSchema):
    file = QuoteFile()


class QuoteFiles(colander.MappingSchema):
    items = QuoteFileList()


class FileLink(colander.MappingSchema):
    url = Node(String(), description="Anybody who has it can use it, for as long as this session lasts.")
    expires_at = Node(colander.DateTime())


class PreviewPicture(colander.MappingSchema):
    page = Node(colander.Integer(), description="from 1")
    width = Node(colander.Integer(), description="pixels")
    height = Node(colander.Integer(), description="pixels")
    url = Node(String(), description="A WebP picture. Anybody who has it can use it, for as long as this session lasts.")
    expires_at = Node(colander.DateTime())


class PreviewPictures(colander.SequenceSchema):
    picture = PreviewPicture()


class FilePreview(colander.MappingSchema):
    state = Node(
        String(), description="none (there are none of such a file), waiting, ready, or failed, for the reason in “problem”"
    )
    problem = Node(String(), description="locked, damaged, empty, demanding, unreadable, or nothing")
    pages = Node(colander.Integer(), description="of the document, of which the first have pictures; 0 for a text")
    pictures = PreviewPictures()
