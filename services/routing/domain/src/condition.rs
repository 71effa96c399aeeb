//! A rule's condition: CEL over the documented facts, typed before it is used, and true, false or unknown.
//!
//! CEL itself carries the third value: an unknown fact is absent from `fact`, reading it is an error, and `&&` and `||`
//! pass an error by where the other side decides. The type check lets nothing else fail.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, LazyLock},
};

use cel::{
    Context, Env, Program,
    common::ast::{Expr, LiteralValue, operators},
};

use kernel::Arrears;

use crate::{
    code::{Because, Name},
    fact::{Facts, PROTECTED, Type, Value},
};

/// The one variable of a condition.
const FACT: &str = "fact";

static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// Three-valued: what is unknown is not what is false.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    Yes,
    /// It does not hold.
    No,
    /// A fact it needs is unknown.
    Unknown,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `==`
    Is,
    /// `!=`
    IsNot,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

/// The shape of a condition, for what has to be said about it: sentences, tables, and the values at which it turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// `a && b`
    All(Vec<Self>),
    /// `a || b`
    Any(Vec<Self>),
    /// `!a`
    Not(Box<Self>),
    /// `has(fact.x)`
    Known(Name),
    /// `fact.x >= 3`; a bare `fact.x` is `fact.x == true`.
    Compare(Name, Op, Value),
    /// `fact.x in [...]`
    OneOf(Name, Vec<Value>),
}

/// A condition that was read and typed.
#[derive(Clone, Debug)]
pub struct Condition {
    text: String,
    program: Arc<Program>,
    form: Form,
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
impl Eq for Condition {}

/// Facts as CEL reads them.
pub struct Asked(Context<'static, 'static>);

impl Asked {
    /// Ready to be asked many conditions.
    pub fn new(facts: &Facts) -> Self {
        let map: HashMap<String, cel::Value> = facts
            .names()
            .into_iter()
            .filter_map(|name| {
                let value = match facts.get(name)? {
                    Value::Text(text) => cel::Value::String(Arc::new(text.clone())),
                    Value::Number(number) => cel::Value::Int(*number),
                    Value::YesNo(yes) => cel::Value::Bool(*yes),
                };
                Some((name.code().to_owned(), value))
            })
            .collect();
        let mut context = Context::with_env(ENV.clone());
        context.add_variable_from_value(FACT, map);
        Self(context)
    }
}

impl Condition {
    /// Reads and types a condition.
    ///
    /// # Errors
    /// What is wrong and what would be right, Dutch.
    pub fn compile(text: &str) -> Result<Self, String> {
        let program = Program::compile(text).map_err(|errors| {
            let first = errors.errors.first().map_or_else(String::new, |error| format!("teken {}: {}", error.pos.1, error.msg));
            format!("geen geldige CEL-voorwaarde: {first}")
        })?;
        let form = form(&program.expression().expr)?;
        Ok(Self { text: text.to_owned(), program: Arc::new(program), form })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its shape.
    pub const fn form(&self) -> &Form {
        &self.form
    }

    /// Whether it holds.
    pub fn truth(&self, asked: &Asked) -> Truth {
        match self.program.execute(&asked.0) {
            Ok(cel::Value::Bool(true)) => Truth::Yes,
            Ok(cel::Value::Bool(false)) => Truth::No,
            Ok(_) | Err(_) => Truth::Unknown,
        }
    }

    /// The facts it looks at.
    pub fn uses(&self) -> BTreeSet<Name> {
        let mut names = BTreeSet::new();
        self.form.each(&mut |form| {
            if let Form::Known(name) | Form::Compare(name, ..) | Form::OneOf(name, _) = form {
                names.insert(*name);
            }
        });
        names
    }

    /// The facts it asks about whether they are known at all.
    pub fn asks_whether_known(&self) -> BTreeSet<Name> {
        let mut names = BTreeSet::new();
        self.form.each(&mut |form| {
            if let Form::Known(name) = form {
                names.insert(*name);
            }
        });
        names
    }

    /// The values of a fact it compares with.
    pub fn constants(&self, of: Name) -> BTreeSet<Value> {
        let mut values = BTreeSet::new();
        self.form.each(&mut |form| match form {
            Form::Compare(name, _, value) if *name == of => {
                values.insert(value.clone());
            }
            Form::OneOf(name, list) if *name == of => values.extend(list.iter().cloned()),
            _ => {}
        });
        values
    }
}

impl Form {
    /// What the occasion alone decides, when nothing else is said to be known or unknown.
    pub(crate) fn on(&self, occasion: Because) -> Truth {
        let turned = |truth| match truth {
            Truth::Yes => Truth::No,
            Truth::No => Truth::Yes,
            Truth::Unknown => Truth::Unknown,
        };
        let of = |yes: bool| if yes { Truth::Yes } else { Truth::No };
        let is = |value: &Value| *value == Value::Text(occasion.code().to_owned());
        let all = |parts: &[Self], decides: Truth| {
            let truths: Vec<Truth> = parts.iter().map(|part| part.on(occasion)).collect();
            if truths.contains(&decides) {
                decides
            } else if truths.contains(&Truth::Unknown) {
                Truth::Unknown
            } else {
                turned(decides)
            }
        };
        match self {
            Self::All(parts) => all(parts, Truth::No),
            Self::Any(parts) => all(parts, Truth::Yes),
            Self::Not(part) => turned(part.on(occasion)),
            Self::Compare(Name::Because, Op::Is, value) => of(is(value)),
            Self::Compare(Name::Because, Op::IsNot, value) => of(!is(value)),
            Self::OneOf(Name::Because, values) => of(values.iter().any(is)),
            Self::Known(Name::Because) => Truth::Yes,
            Self::Known(_) | Self::Compare(..) | Self::OneOf(..) => Truth::Unknown,
        }
    }

    fn each<'a>(&'a self, look: &mut impl FnMut(&'a Self)) {
        look(self);
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.each(look)),
            Self::Not(part) => part.each(look),
            Self::Known(_) | Self::Compare(..) | Self::OneOf(..) => {}
        }
    }
}

fn form(expr: &Expr) -> Result<Form, String> {
    if let Expr::Select(select) = expr {
        let name = name(expr)?;
        return match (select.test, name.about().values) {
            (true, _) => Ok(Form::Known(name)),
            (false, Type::YesNo) => Ok(Form::Compare(name, Op::Is, Value::YesNo(true))),
            (false, other) => Err(format!("fact.{name} is {}: vergelijk het met een waarde", other.dutch())),
        };
    }
    let Expr::Call(call) = expr else {
        return Err("een voorwaarde vergelijkt feiten met waarden: fact.months >= 2, has(fact.months), samen met &&, || en !".to_owned());
    };
    match (call.func_name.as_str(), call.args.as_slice()) {
        (operators::LOGICAL_AND, parts) => {
            let parts = parts.iter().map(|part| form(&part.expr)).collect::<Result<Vec<_>, _>>()?;
            Ok(Form::All(parts.into_iter().flat_map(|part| if let Form::All(more) = part { more } else { vec![part] }).collect()))
        }
        (operators::LOGICAL_OR, parts) => {
            let parts = parts.iter().map(|part| form(&part.expr)).collect::<Result<Vec<_>, _>>()?;
            Ok(Form::Any(parts.into_iter().flat_map(|part| if let Form::Any(more) = part { more } else { vec![part] }).collect()))
        }
        (operators::LOGICAL_NOT, [part]) => Ok(Form::Not(Box::new(form(&part.expr)?))),
        (operators::IN, [fact, list]) => {
            let name = name(&fact.expr)?;
            if name == Name::AmountCents {
                return Err(format!("fact.{name} is afgerond: vergelijk met >= of <"));
            }
            let Expr::List(list) = &list.expr else { return Err(format!("na fact.{name} in hoort een lijst: [\"a\", \"b\"]")) };
            let values = list.elements.iter().map(|element| value(name, &element.expr)).collect::<Result<Vec<_>, _>>()?;
            Ok(Form::OneOf(name, values))
        }
        (operator, [fact, constant]) => {
            let op = op(operator)
                .ok_or_else(|| format!("{operator} kan niet in een voorwaarde; wel ==, !=, <, <=, >, >=, in, has, &&, ||, !"))?;
            let name = name(&fact.expr)?;
            if name == Name::AmountCents {
                return threshold(op, value(name, &constant.expr)?);
            }
            if !matches!(op, Op::Is | Op::IsNot) && name.about().values != Type::Number {
                return Err(format!("fact.{name} is {}: alleen een getal is meer of minder", name.about().values.dutch()));
            }
            Ok(Form::Compare(name, op, value(name, &constant.expr)?))
        }
        (other, _) => Err(format!("{other} kan niet in een voorwaarde; wel ==, !=, <, <=, >, >=, in, has, &&, ||, !")),
    }
}

/// The amount is known in full tens of euros: `>=` and `<` a multiple of them mean the same as of the exact amount, nothing else does.
fn threshold(op: Op, amount: Value) -> Result<Form, String> {
    match (op, amount) {
        (Op::AtLeast | Op::Less, Value::Number(cents)) if cents % Arrears::STEP == 0 => {
            Ok(Form::Compare(Name::AmountCents, op, Value::Number(cents)))
        }
        (_, given) => Err(format!(
            "fact.{} is naar beneden afgerond op hele tientallen euro's: vergelijk met >= of < en een veelvoud van {}, niet met {given}",
            Name::AmountCents,
            Arrears::STEP
        )),
    }
}

fn op(operator: &str) -> Option<Op> {
    Some(match operator {
        operators::EQUALS => Op::Is,
        operators::NOT_EQUALS => Op::IsNot,
        operators::LESS => Op::Less,
        operators::LESS_EQUALS => Op::AtMost,
        operators::GREATER => Op::More,
        operators::GREATER_EQUALS => Op::AtLeast,
        _ => return None,
    })
}

fn name(expr: &Expr) -> Result<Name, String> {
    let Expr::Select(select) = expr else { return Err("links van een vergelijking hoort een feit: fact.months >= 2".to_owned()) };
    if !matches!(&select.operand.expr, Expr::Ident(root) if root == FACT) {
        return Err(format!("feiten heten fact.<naam>: een van {}", Name::CODES.join(", ")));
    }
    Name::from_code(&select.field).ok_or_else(|| {
        if PROTECTED.contains(&select.field.to_lowercase().as_str()) {
            format!(
                "fact.{} mag niet: postcode, leeftijd, naam, nationaliteit of huishoudvorm beslist niet over voorrang of intensiteit",
                select.field
            )
        } else {
            format!("fact.{} is geen feit: een van {}", select.field, Name::CODES.join(", "))
        }
    })
}

fn value(name: Name, expr: &Expr) -> Result<Value, String> {
    let wanted = name.about().values;
    let given = match expr {
        Expr::Literal(LiteralValue::String(text)) => Value::Text(text.inner().to_owned()),
        Expr::Literal(LiteralValue::Int(number)) => Value::Number(*number.inner()),
        Expr::Literal(LiteralValue::Boolean(yes)) => Value::YesNo(*yes.inner()),
        _ => return Err(format!("fact.{name} vergelijkt u met een vaste waarde: {}", wanted.dutch())),
    };
    let fits = match (wanted, &given) {
        (Type::Code(codes), Value::Text(text)) => codes.contains(&text.as_str()),
        (Type::Text, Value::Text(_)) | (Type::YesNo, Value::YesNo(_)) => true,
        (Type::Number, Value::Number(number)) => *number >= 0,
        _ => false,
    };
    if fits { Ok(given) } else { Err(format!("fact.{name}: {given} past niet, {} wel", wanted.dutch())) }
}
