import colander
import pytest
from webob.multidict import MultiDict

from portico.api.schema import BodySchema, pointers, validate
from portico.api.schemas import PageQuery
from portico.api.views import query_values
from portico.errors import InvalidError
from portico.web.i18n import translate


class Inner(BodySchema):
    name = colander.SchemaNode(colander.String())


class Inners(colander.SequenceSchema):
    inner = Inner()


class Outer(BodySchema):
    inners = Inners(missing=())


def refused(data: object) -> dict[str, str]:
    with pytest.raises(colander.Invalid) as error:
        Outer().deserialize(data)
    return {pointer: translate("en", text) for pointer, text in pointers(error.value).items()}


def test_each_unknown_field_is_named_by_its_pointer_and_not_by_its_value() -> None:
    assert refused({"foo": {"secret": 1}, "a/b~c": 1}) == {
        "/foo": "There is no such field here.", "/a~1b~0c": "There is no such field here."}
    assert refused({"inners": [{"name": "x"}, {"name": "x", "bar": 1}]}) == {"/inners/1/bar": "There is no such field here."}


def test_a_parameter_that_is_no_list_comes_once() -> None:
    with pytest.raises(InvalidError) as error:
        query_values(PageQuery, MultiDict([("limit", "1"), ("limit", "2"), ("cursor", "x")]))
    assert list(error.value.fields) == ["/limit"]


class Version(BodySchema):
    version = colander.SchemaNode(colander.Integer(), missing=None)


@pytest.mark.parametrize("value", [[], {}, [1], {"a": 1}])
def test_a_list_or_an_object_is_no_single_value_not_even_an_empty_one(value: object) -> None:
    with pytest.raises(InvalidError) as error:
        validate(Version, {"version": value}, None)
    assert list(error.value.fields) == ["/version"]


def test_what_is_wrong_with_the_whole_is_at_the_empty_pointer() -> None:
    """RFC 6901: "" is the document, "/" its member without a name."""
    schema = colander.MappingSchema()
    schema.add(colander.SchemaNode(colander.String(), name="a/b"))
    with pytest.raises(colander.Invalid) as whole:
        schema.deserialize([])
    assert set(pointers(whole.value)) == {""}
    with pytest.raises(colander.Invalid) as part:
        schema.deserialize({})
    assert set(pointers(part.value)) == {"/a~1b"}
